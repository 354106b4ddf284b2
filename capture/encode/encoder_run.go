package encode

import (
	"context"
	"fmt"
	"time"

	"beam/capture"
	"beam/capture/matroska"
)

const (
	// encoderWait is how long ffmpeg may take for what is left in the queue at
	// the end of a segment. One that does nothing is not waited for so long.
	encoderWait = 60 * time.Second
	endTick     = 100 * time.Millisecond
)

// Encode passes the queue to the encoder, and closes its input at the end. Frames
// have the given size; zero is for audio alone.
func (e *Encoder) Encode(ctx context.Context, queue *Queue, size capture.Size) error {
	defer e.CloseInput()
	video := matroska.Video{}
	if size != (capture.Size{}) {
		codec, _ := codecOf(e.raw)
		video = matroska.Video{Size: size, Codec: codec}
	}
	w, err := matroska.NewWriter(e, video, true)
	for err == nil {
		b, ok := queue.ready()
		if !ok {
			if err = w.Flush(); err != nil {
				break
			}
			if b, ok = queue.next(ctx); !ok {
				return nil
			}
		}
		if b.isFrame() {
			err = w.Picture(b.at, b.frame.Bytes())
			b.frame.Release()
		} else {
			err = w.Sound(b.at, b.pcm)
		}
	}
	// The encoder is gone, and its end is reported where it is waited for.
	// Nothing will be read from the queue any more.
	queue.abandon()
	return err
}

// AwaitEnd waits for the end of an encoder whose queue is closed, and kills
// one that hangs.
func (e *Encoder) AwaitEnd(hard context.Context) {
	limit := time.NewTimer(encoderWait)
	defer limit.Stop()
	tick := time.NewTicker(endTick)
	defer tick.Stop()
	began := capture.Now()
	for {
		select {
		case <-e.Done():
			return
		case <-hard.Done():
			e.Kill()
			<-e.Done()
			return
		case <-limit.C:
			e.giveUp(fmt.Errorf("ffmpeg did not end within %v", encoderWait))
		case <-tick.C:
			now := capture.Now()
			_ = e.GiveUpIfHung(now, now.Sub(began)) // its end tells
		}
	}
}
