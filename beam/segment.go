package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/matroska"
)

// segment is a stretch of the recording that one encoder makes. A recording is
// one segment, and one more after each pause and each encoder that was lost.
type segment struct {
	start  Time          // capture time of its first instant
	offset time.Duration // the same instant on the recording's time
	feed   *feed
	video  *video // nil where ffmpeg grabs the pictures, and without pictures
	sound  *sound
	enc    *ffmpeg.Process
}

// at returns an instant on the recording's time.
func (s *segment) at(t Time) time.Duration { return s.offset + max(0, t.Sub(s.start)) }

// whole returns the last instant up to t at which a picture of the grid begins,
// so that the next segment goes on with the grid.
func (s *segment) whole(t Time, fps int) Time {
	pictures := int64(t.Sub(s.start).Seconds() * float64(fps))
	return s.start.Add(time.Duration(pictures) * time.Second / time.Duration(fps))
}

// The times of a segment.
const (
	soundWait   = 700 * time.Millisecond
	encoderWait = 60 * time.Second
	grabLead    = 300 * time.Millisecond // ffmpeg's start, until it has grabbed its first picture
)

// open starts the encoder of a segment that begins at start.
func (t *take) open(hard context.Context, start Time, offset time.Duration) (*segment, error) {
	s := &segment{start: start, offset: offset, feed: newFeed()}
	spec := ffmpeg.Spec{
		FPS: t.settings.FPS, VFR: t.settings.FPSMode == FPSModeVFR,
		Preset: t.preset, CRF: crf, MaxRate: chooseRate(t.settings.Size, t.settings.FPS),
	}
	var env []string
	if !t.settings.AudioOnly {
		spec.Size = t.settings.Size
	}
	if t.engine == EngineX11 {
		spec.Grab = &ffmpeg.Grab{Display: t.studio.x11.Display(), Start: wallClock(start), Rate: t.settings.FPS}
		if !spec.VFR {
			spec.Grab.Rate = grabRate(t.machine, t.settings.Size, t.settings.FPS)
		}
		env = append(env, "XAUTHORITY="+t.studio.x11.XAuthority())
	}
	args, err := ffmpeg.Args(spec)
	if err != nil {
		return nil, &Fault{Class: ClassInternal, Op: "start ffmpeg", Err: err}
	}
	if err := t.out.follow(offset); err != nil {
		return nil, &Fault{Class: ClassEncoder, Op: "go on with the file", Err: err}
	}
	s.enc, err = ffmpeg.Start(hard, ffmpeg.Options{Path: t.tools.FFmpeg, Args: args, Output: t.out, Env: env, Nice: t.encoderNice(), Log: t.log})
	if err != nil {
		return nil, err
	}
	s.sound = newSound(start, offset, s.feed, t.report)
	if !t.settings.AudioOnly && t.engine == EngineScreencast {
		s.video = newVideo(start, t.settings, s.feed)
	}
	t.ear.attach(s.sound)
	return s, nil
}

// encoderNice returns by how much the encoder's priority is lowered. What it is
// given waits in the feed, while Chrome's sound can't wait: a late callback is a
// click or a growing delay. Where ffmpeg grabs the pictures itself it must be in
// time too.
func (t *take) encoderNice() int {
	if t.engine == EngineX11 {
		return 0
	}
	return 10
}

// record records a segment until it has to end, and returns once everything
// captured has been handed to its encoder, and the encoder has ended.
func (t *take) record(stop, hard context.Context, s *segment) verdict {
	sources, stopSources := context.WithCancel(hard)
	defer stopSources()

	var pumps, writer errgroup.Group
	writer.Go(func() error { return t.write(hard, s) })
	if s.video != nil {
		t.screen.show(s.video)
		pumps.Go(func() error {
			s.video.run(sources, func(rate float64) {
				t.notice("the machine is too busy: %.0f pictures a second from now on", rate)
			})
			return nil
		})
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
	if s.video != nil {
		s.video.finish(v.end)
	}
	s.sound.finish(v.end)
	s.feed.close()
	_ = writer.Wait() // a broken pipe: the encoder's own error tells why
	_ = s.enc.CloseInput()
	select {
	case <-s.enc.Done():
	case <-time.After(encoderWait):
		s.enc.Kill()
		v.fault = errors.Join(v.fault, &capture.Fault{Class: capture.ClassEncoder, Op: "finish encoding",
			Err: fmt.Errorf("ffmpeg did not end within %v", encoderWait)})
	}
	if err := s.enc.Wait(); err != nil && hard.Err() == nil && v.next != nextEncoder {
		v.fault = firstOf(v.fault, err)
	}
	return v
}

// drain waits until what was captured before the end has arrived.
func (t *take) drain(hard context.Context, s *segment, end Time) {
	deadline := time.NewTimer(soundWait)
	defer deadline.Stop()
	var pictures <-chan time.Time
	if s.video != nil {
		pictures = time.After(max(0, end.Add(reorderHold).Sub(capture.Now())))
	}
	tick := time.NewTicker(pumpTick)
	defer tick.Stop()
	for pictures != nil || !t.ear.reached(end) {
		select {
		case <-pictures:
			pictures = nil
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

// write passes the feed to the encoder.
func (t *take) write(ctx context.Context, s *segment) error {
	size := t.settings.Size
	if s.video == nil {
		size = capture.Size{}
	}
	w, err := matroska.NewWriter(s.enc, size, true)
	for err == nil {
		b, ok := s.feed.next(ctx)
		if !ok {
			return nil
		}
		if b.jpeg != nil {
			err = w.Picture(b.at, b.jpeg)
		} else {
			err = w.Sound(b.at, b.pcm)
		}
	}
	// The encoder is gone, and its end is reported where it is waited for.
	// Nothing will be read from the feed any more.
	s.feed.close()
	return err
}
