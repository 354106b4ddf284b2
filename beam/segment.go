package beam

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
	"beam/capture"
	"beam/capture/matroska"
)

// segment is an interval of the recording that one encoder makes from the frames
// of one engine. A recording is one segment, and one more after each pause, each
// encoder that was lost and each change of the engine.
type segment struct {
	beginning
	queue *feed
	video *video // nil without frames
	audio *sound
	enc   *encoder
}

var _ live = (*segment)(nil)

func (s *segment) from() beginning               { return s.beginning }
func (s *segment) encoderEnded() <-chan struct{} { return s.enc.Done() }
func (s *segment) encoderFault() error           { return s.enc.Wait() }

func (s *segment) checkEncoder(now capture.Time) error {
	return s.enc.giveUpIfHung(now, s.queue.waits(now))
}

// still returns the frame that is on the screen at the segment's end, with a
// reference of the caller's; one without bytes where there is none.
func (s *segment) still() capture.Frame {
	if s.video == nil {
		return capture.Frame{}
	}
	f, _ := s.video.still()
	return f
}

// release gives up what a segment that has ended still holds.
func (s *segment) release() {
	if s.video != nil {
		s.video.release()
	}
}

// The times of a segment.
const (
	audioWait = 700 * time.Millisecond
	// encoderWait is how long ffmpeg may take for what is left in the queue at
	// the end of a segment. One that does nothing is not waited for so long.
	encoderWait = 60 * time.Second
)

// segmenter opens and records the segments of a recording.
type segmenter struct {
	fps      int
	vfr      bool
	size     capture.Size // of the frames; zero for audio alone
	log      *slog.Logger
	output   *output
	encoders *encoders
	tap      *ear
	router   *screen
	hear     func(pcm []int16)     // gets the audio that goes into the recording
	ending   func(context.Context) // called when the recording ends, before its sources do
}

// open opens a segment whose first frame is still, where there is one.
func (m *segmenter) open(hard context.Context, from beginning, still capture.Frame) (*segment, error) {
	s := &segment{beginning: from, queue: newFeed(m.fps)}
	if err := m.output.follow(from.offset); err != nil {
		return nil, &fault.Fault{Class: fault.ClassEncoder, Op: "go on with the file", Err: err}
	}
	var err error
	if s.enc, err = m.encoders.take(hard, from.engine); err != nil {
		return nil, err
	}
	s.enc.writeTo(m.output)
	s.audio = newSound(from.start, from.offset, s.queue, m.hear, func(err error) {
		m.log.Warn("encoder does not take the audio", "error", err)
		s.enc.Kill() // the loop sees that it ended, and replaces it
	})
	if m.size != (capture.Size{}) {
		s.video = newVideo(from.start, m.fps, m.vfr, holdFor(from.engine), s.queue)
		s.video.begin(still)
	}
	m.tap.attach(s.audio)
	return s, nil
}

// record records a segment until await says that it ends, and returns once
// everything captured has been handed to its encoder, and the encoder has ended.
func (m *segmenter) record(hard context.Context, s *segment, await func() verdict) verdict {
	sources, stopSources := context.WithCancel(hard)
	defer stopSources()

	var pumps, writer errgroup.Group
	writer.Go(func() error { return m.write(hard, s) })
	if s.video != nil {
		m.router.show(s)
		pumps.Go(func() error { s.video.run(sources); return nil })
	}

	v := await()
	if v.next == nextEnd {
		m.ending(hard)
	}
	s.audio.endAt(v.end)
	m.drain(hard, s, v.end)
	stopSources()
	m.router.show(nil)
	m.tap.detach()
	_ = pumps.Wait() // they return none
	if s.video != nil && v.next != nextEngine {
		s.video.finish(v.end)
	}
	s.audio.finish(v.end)
	if v.next == nextEngine {
		// The engine is left because the queue grew: it is not waited for.
		s.video.lose(s.queue.dropFrames())
		s.video.finish(v.end)
	}
	s.queue.close()
	s.awaitEncoder(hard)
	_ = writer.Wait() // a broken pipe: the encoder's own error tells why
	if err := s.enc.Wait(); err != nil && hard.Err() == nil && v.next != nextEncoder {
		v.fault = fault.First(v.fault, err)
	}
	return v
}

// awaitEncoder waits for the end of an encoder whose queue is closed, and kills
// one that hangs.
func (s *segment) awaitEncoder(hard context.Context) {
	limit := time.NewTimer(encoderWait)
	defer limit.Stop()
	tick := time.NewTicker(loopTick)
	defer tick.Stop()
	began := capture.Now()
	for {
		select {
		case <-s.enc.Done():
			return
		case <-hard.Done():
			s.enc.Kill()
			<-s.enc.Done()
			return
		case <-limit.C:
			s.enc.giveUp(fmt.Errorf("ffmpeg did not end within %v", encoderWait))
		case <-tick.C:
			now := capture.Now()
			_ = s.enc.giveUpIfHung(now, now.Sub(began)) // its end tells
		}
	}
}

// drain waits until what was captured before the end has arrived.
func (m *segmenter) drain(hard context.Context, s *segment, end capture.Time) {
	deadline := time.NewTimer(audioWait)
	defer deadline.Stop()
	var frames <-chan time.Time
	if s.video != nil {
		frames = time.After(max(0, end.Add(max(s.video.hold, settleAfter)).Sub(capture.Now())))
	}
	tick := time.NewTicker(castTick)
	defer tick.Stop()
	for frames != nil || !m.tap.reached(end) {
		select {
		case <-frames:
			frames = nil
		case <-deadline.C:
			return
		case <-hard.Done():
			return
		case <-s.enc.Done():
			return
		case <-tick.C:
		}
	}
}

// write passes the queue to the encoder, and closes the encoder's input at the
// end.
func (m *segmenter) write(ctx context.Context, s *segment) error {
	defer s.enc.CloseInput()
	video := matroska.Video{}
	if s.video != nil {
		codec, _ := codecOf(s.engine)
		video = matroska.Video{Size: m.size, Codec: codec}
	}
	w, err := matroska.NewWriter(s.enc, video, true)
	for err == nil {
		b, ok := s.queue.ready()
		if !ok {
			if err = w.Flush(); err != nil {
				break
			}
			if b, ok = s.queue.next(ctx); !ok {
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
	s.queue.abandon()
	return err
}
