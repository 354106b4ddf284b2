package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/capture"
	"beam/capture/matroska"
)

// segment is a stretch of the recording that one encoder makes from the frames
// of one engine. A recording is one segment, and one more after each pause, each
// encoder that was lost and each change of the engine.
type segment struct {
	start  Time          // capture time of its first instant
	offset time.Duration // the same instant on the recording's time
	engine string
	feed   *feed
	video  *video // nil without a picture
	sound  *sound
	enc    *encoder
}

// at returns an instant on the recording's time.
func (s *segment) at(t Time) time.Duration { return s.offset + max(0, t.Sub(s.start)) }

// whole returns the last instant up to t at which a frame of the grid begins,
// so that the next segment goes on with the grid.
func (s *segment) whole(t Time, fps int) Time {
	frames := int64(t.Sub(s.start).Seconds() * float64(fps))
	return s.start.Add(time.Duration(frames) * time.Second / time.Duration(fps))
}

// The times of a segment.
const (
	soundWait = 700 * time.Millisecond
	// encoderWait is how long ffmpeg may take for what is left in the feed at
	// the end of a segment. One that does nothing is not waited for so long.
	encoderWait = 60 * time.Second
)

// open opens a segment that begins at start with frames of the engine. Its first
// frame is still, where there is one.
func (t *take) open(hard context.Context, engine string, start Time, offset time.Duration, still capture.Frame) (*segment, error) {
	s := &segment{start: start, offset: offset, engine: engine, feed: newFeed(t.settings.FPS)}
	if err := t.out.follow(offset); err != nil {
		return nil, &Fault{Class: ClassEncoder, Op: "go on with the file", Err: err}
	}
	var err error
	if s.enc, err = t.encoderFor(hard, engine); err != nil {
		return nil, err
	}
	s.enc.writeTo(t.out)
	s.sound = newSound(start, offset, s.feed, t.loudness.add, func(err error) {
		t.log.Warn("encoder does not take the audio", "error", err)
		s.enc.Kill() // control sees that it ended, and replaces it
	})
	if !t.settings.AudioOnly {
		s.video = newVideo(start, t.settings.FPS, t.settings.FPSMode == FPSModeVFR, holdFor(engine), s.feed)
		s.video.begin(still)
	}
	t.ear.attach(s.sound)
	return s, nil
}

// record records a segment until it has to end, and returns once everything
// captured has been handed to its encoder, and the encoder has ended.
func (t *take) record(stop, hard context.Context, s *segment) verdict {
	sources, stopSources := context.WithCancel(hard)
	defer stopSources()

	var pumps, writer errgroup.Group
	writer.Go(func() error { return t.write(hard, s) })
	if s.video != nil {
		t.screen.show(s)
		pumps.Go(func() error { s.video.run(sources); return nil })
	}

	v := t.control(stop, hard)
	if v.next == nextEnd {
		t.watch.Ask(hard, t.studio.evaluate)
	}
	s.sound.endAt(v.end)
	t.drain(hard, s, v.end)
	stopSources()
	t.screen.show(nil)
	t.ear.detach()
	_ = pumps.Wait() // they return none
	if s.video != nil && v.next != nextEngine {
		s.video.finish(v.end)
	}
	s.sound.finish(v.end)
	if v.next == nextEngine {
		// The engine is left because the queue grew: it is not waited for.
		s.video.lose(s.feed.dropFrames())
		s.video.finish(v.end)
	}
	s.feed.close()
	t.awaitEncoder(hard, s)
	_ = writer.Wait() // a broken pipe: the encoder's own error tells why
	if err := s.enc.Wait(); err != nil && hard.Err() == nil && v.next != nextEncoder {
		v.fault = firstOf(v.fault, err)
	}
	return v
}

// awaitEncoder waits for the end of an encoder whose feed is closed, and kills
// one that hangs.
func (t *take) awaitEncoder(hard context.Context, s *segment) {
	limit := time.NewTimer(encoderWait)
	defer limit.Stop()
	tick := time.NewTicker(controlTick)
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
			s.enc.give(fmt.Errorf("ffmpeg did not end within %v", encoderWait))
		case <-tick.C:
			if now := capture.Now(); s.enc.hangs(now, now.Sub(began)) {
				s.enc.give(errors.New("ffmpeg does not answer"))
			}
		}
	}
}

// drain waits until what was captured before the end has arrived.
func (t *take) drain(hard context.Context, s *segment, end Time) {
	deadline := time.NewTimer(soundWait)
	defer deadline.Stop()
	var frames <-chan time.Time
	if s.video != nil {
		frames = time.After(max(0, end.Add(max(s.video.hold, settleAfter)).Sub(capture.Now())))
	}
	tick := time.NewTicker(castTick)
	defer tick.Stop()
	for frames != nil || !t.ear.reached(end) {
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

// write passes the feed to the encoder, and closes the encoder's input at the
// end.
func (t *take) write(ctx context.Context, s *segment) error {
	defer s.enc.CloseInput()
	video := matroska.Video{}
	if s.video != nil {
		codec, _ := codecOf(s.engine)
		video = matroska.Video{Size: t.settings.Size, Codec: codec}
	}
	w, err := matroska.NewWriter(s.enc, video, true)
	for err == nil {
		b, ok := s.feed.ready()
		if !ok {
			if err = w.Flush(); err != nil {
				break
			}
			if b, ok = s.feed.next(ctx); !ok {
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
	// Nothing will be read from the feed any more.
	s.feed.abandon()
	return err
}
