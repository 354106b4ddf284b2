package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/usage"
	"beam/capture"
	"beam/capture/chrome"
)

// take is the recording proper, from the ready room to the finished file.
type take struct {
	*recorder
	start    Time // of the first segment
	segments []*segment
	rules    stopRules
	ear      *ear
	screen   *screen // nil where ffmpeg grabs the pictures, and without pictures
	out      *output
	transfer *transfer // nil without a bucket
	preset   string
	meter    *usage.Meter
	stall    clockWatch

	firstFrame time.Duration
	length     time.Duration // of what is recorded, at the end
	fault      error         // what ended the recording before its time
	reason     string        // why it ended
	rejoins    int
	encoders   int // lost, and replaced
	sounds     int // sound servers lost, and replaced
	lastSeen   int
}

// mostLost is how many encoders, and how many sound servers, a recording may
// lose before that ends it.
const mostLost = 3

func (r *recorder) take(stop, hard context.Context) (*Report, error) {
	t := &take{recorder: r, meter: usage.New(), ear: newEar(r.settings.AudioOffset)}
	t.rules = stopRules{
		Duration: r.settings.Duration, MaxDuration: r.settings.MaxDuration, Idle: r.settings.IdleTimeout,
		Silence: r.settings.SilenceTimeout, Reconnect: r.settings.ReconnectGrace, MinFree: minFree,
	}
	t.preset = choosePreset(r.machine, r.engine, r.settings.Size, r.settings.FPS)
	if r.engine == EngineScreencast && !r.settings.AudioOnly {
		t.screen = newScreen()
	}

	var err error
	if t.out, err = createOutput(r.settings.Output, t.rules.limit(), r.settings.FPS); err != nil {
		return nil, err
	}
	if t.transfer, err = r.storage.startTransfer(hard, r.settings, t.out.head, time.Now(), r.log); err != nil {
		t.out.discard()
		return nil, err
	}
	defer t.transfer.close(r.log)
	t.out.grown = t.transfer.advance

	sources, stopSources := context.WithCancel(hard)
	defer stopSources()
	var running errgroup.Group
	running.Go(func() error { t.listen(sources); return nil })
	t.awaitSound(stop)
	first, err := t.begin(hard)
	if err != nil {
		stopSources()
		_ = running.Wait() // its faults go to t.faults
		t.out.discard()
		t.transfer.discard(hard, r.log)
		return nil, err
	}
	running.Go(func() error { t.watchPage(sources); return nil })
	running.Go(func() error { t.heartbeat(sources); return nil })
	running.Go(func() error { t.watch.Run(sources, t.studio.evaluate); return nil })
	r.enter(StateRecording)
	end := t.capture(stop, hard, first)
	stopSources()
	_ = running.Wait()
	if r.state == StateRecording || r.state == StatePaused {
		r.enter(StateStopping)
	}
	return t.finish(hard, end)
}

// awaitSound waits until sound flows, so that the recording begins with it. A
// sound server that gives none is a fault that control will see.
func (t *take) awaitSound(stop context.Context) {
	select {
	case <-t.ear.flowing:
	case <-time.After(soundWait):
	case <-stop.Done():
	}
}

// begin starts the first segment.
func (t *take) begin(hard context.Context) (*segment, error) {
	t.start = capture.Now()
	if t.engine == EngineX11 {
		// What ffmpeg grabs before the start is dropped; what it has not grabbed
		// at the start is missing.
		t.start = t.start.Add(grabLead)
	}
	s, err := t.open(hard, t.start, 0)
	if err != nil {
		return nil, err
	}
	t.segments = append(t.segments, s)
	t.meter.Follow("chrome", t.studio.browserPID)
	t.meter.Follow("ffmpeg", func() int { return t.current().enc.PID() })
	t.meter.Follow("beam", ownPID)
	t.meter.Follow("pulseaudio", t.studio.soundPID)
	if t.studio.display {
		t.meter.Follow("xvfb", t.studio.displayPID)
	}
	t.meter.Sample(false) // what was used before is not the recording's
	t.meter.Reset()
	t.meeting.begin(t.start)
	return s, nil
}

// current returns the last segment; it is being recorded unless the recording
// is paused.
func (t *take) current() *segment { return t.segments[len(t.segments)-1] }

// capture records segment after segment until the recording has to end, and
// returns the instant of its end.
func (t *take) capture(stop, hard context.Context, s *segment) (end Time) {
	for {
		v := t.record(stop, hard, s)
		if hard.Err() != nil {
			s.enc.Kill()
			_ = s.enc.Wait() // it was killed
		}
		t.length = s.at(v.end)
		start, offset := v.end, t.length
		switch v.next {
		case nextPause:
			t.enter(StatePaused)
			v = t.control(stop, hard)
			start = v.end
			if v.next == nextResume {
				t.enter(StateRecording)
			}
		case nextEncoder:
			// The next one begins with the last whole fragment of the lost one:
			// the sound since then is kept.
			offset = max(s.offset, min(t.length, t.out.writer.Progress().Media))
			start = s.start.Add(offset - s.offset)
			t.encoders++
			t.notice("the encoder was lost, starting another (%d of %d): %v", t.encoders, mostLost, v.fault)
			v.fault = t.studio.awaitDisplay(hard)
		}
		if v.next == nextEnd || v.fault != nil {
			t.fault = v.fault
			if v.fault != nil {
				t.reason = ReasonFailure
			}
			return v.end
		}
		next, err := t.open(hard, start, offset)
		if err != nil {
			t.reason, t.fault = ReasonFailure, err
			return v.end
		}
		s = next
		t.segments = append(t.segments, s)
	}
}

// listen hands the sound of the sink to the ear until ctx ends, also that of
// the sound server that takes the place of a lost one.
func (t *take) listen(ctx context.Context) {
	for {
		err := t.studio.listen(ctx, t.ear.take)
		if err == nil || ctx.Err() != nil {
			return
		}
		if t.sounds >= mostLost || t.segments == nil {
			t.report(err)
			return
		}
		t.sounds++
		t.notice("the sound server was lost, starting another (%d of %d): %v", t.sounds, mostLost, err)
		if err := t.studio.renewSound(ctx); err != nil {
			t.report(err)
			return
		}
	}
}

// report passes the fault of a goroutine to control.
func (t *take) report(err error) {
	if err == nil {
		return
	}
	select {
	case t.faults <- err:
	default: // an earlier one ends the recording
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// pageClosed tells whether a fault only says that the page closed itself.
func pageClosed(err error) bool { return errors.Is(err, chrome.ErrPageClosed) }

// errEnded names the program whose end is the fault.
func errEnded(what string) error { return fmt.Errorf("%s ended by itself", what) }
