package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/machine"
	"beam/beam/usage"
	"beam/capture"
	"beam/capture/chrome"
)

// take is the recording proper, from the ready room to the finished file.
type take struct {
	*recorder
	start    Time // of the first segment
	segments segments
	rules    stopRules
	screen   *screen
	pace     *pacer
	late     lateness
	out      *output
	transfer *transfer // nil without a bucket
	meter    *usage.Meter

	sampler   *machine.Sampler
	quality   *quality
	loudness  *loud
	rates     rates
	governing *governing
	losses    losses
	gaps      gaps
	changes   []EngineChange
	engines   chan engineRequest

	firstFrame time.Duration
	length     time.Duration // of what is recorded, at the end
	fault      error         // what ended the recording before its time
	reason     string        // why it ended
	lastSeen   int
}

func (r *recorder) take(stop, hard context.Context) (*Report, error) {
	t := &take{
		recorder: r, meter: usage.New(), screen: newScreen(), pace: newPacer(float64(r.settings.FPS)),
		governing: newGoverning(r.settings.FPS), engines: make(chan engineRequest, 1),
		quality: newQuality(), loudness: newLoud(), rates: rates{asked: float64(r.settings.FPS)},
	}
	t.rules = stopRules{
		Duration: r.settings.Duration, MaxDuration: r.settings.MaxDuration, Idle: r.settings.IdleTimeout,
		Silence: r.settings.SilenceTimeout, Reconnect: r.settings.ReconnectGrace, MinFree: minFree,
	}

	var err error
	if t.sampler, err = machine.NewSampler(); err != nil {
		return nil, err
	}
	if t.out, err = createOutput(r.settings.Output, t.rules.limit(), r.settings.FPS); err != nil {
		return nil, err
	}
	if t.transfer, err = r.storage.startTransfer(hard, r.settings, t.out.head, time.Now(), r.log); err != nil {
		t.out.discard()
		return nil, err
	}
	defer t.transfer.close(r.log)
	t.out.grown = t.transfer.advance

	t.awaitSound(stop)
	first, err := t.begin(hard)
	if err != nil {
		t.out.discard()
		t.transfer.discard(hard, r.log)
		return nil, err
	}
	sources, stopSources := context.WithCancel(hard)
	defer stopSources()
	var running errgroup.Group
	running.Go(func() error { t.keep(sources, hard); return nil })
	running.Go(func() error { t.govern(sources); return nil })
	running.Go(func() error { t.watch.Run(sources, t.studio.evaluate); return nil })
	r.enter(StateRecording)
	end := t.capture(stop, hard, first)
	stopSources()
	_ = running.Wait() // they return none
	if r.state == StateRecording || r.state == StatePaused {
		r.enter(StateStopping)
	}
	return t.finish(hard, end)
}

// awaitSound waits until audio flows, so that the recording begins with it. A
// sound server that gives none is a loss that keep repairs.
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
	s, err := t.open(hard, t.currentEngine(), t.start, 0, capture.Frame{})
	if err != nil {
		return nil, err
	}
	t.segments.add(s)
	for name, pid := range map[string]func() int{
		"chrome": t.studio.browserPID, "ffmpeg": func() int { return t.segments.last().enc.PID() },
		"beam": ownPID, "pulseaudio": t.studio.soundPID, "xvfb": t.studio.displayPID,
	} {
		if name == "xvfb" && !t.studio.windowed {
			continue
		}
		t.meter.Follow(name, pid)
		if name == "chrome" {
			t.sampler.Follow(name, pid, machine.AudioThreads...)
		} else {
			t.sampler.Follow(name, pid)
		}
	}
	t.meter.Sample(false) // what was used before is not the recording's
	t.meter.Reset()
	t.meeting.begin(t.start)
	return s, nil
}

// capture records segment after segment until the recording has to end, and
// returns the instant of its end.
func (t *take) capture(stop, hard context.Context, s *segment) (end Time) {
	for {
		v := t.record(stop, hard, s)
		if hard.Err() != nil {
			s.enc.end()
		}
		t.length = s.at(v.end)
		start, offset := v.end, t.length
		var still capture.Frame
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
			// the audio since then is kept, and the last frame stands.
			offset = max(s.offset, min(t.length, t.out.writer.Progress().Media))
			start = s.start.Add(offset - s.offset)
			t.notice("the encoder was lost, starting another: %v", v.fault)
			t.gaps.add(lostEncoder, start, v.end, v.fault)
			v.fault = nil
			still = s.still()
		case nextEngine:
			// A frame of one engine is of no use to the other's encoder.
			t.changeEngine(v, t.length.Seconds())
		}
		if v.next == nextEnd || v.fault != nil {
			t.fault = v.fault
			if v.fault != nil {
				t.reason = ReasonFailure
			}
			return v.end
		}
		s.release()
		next, err := t.open(hard, t.currentEngine(), start, offset, still)
		if err != nil {
			t.reason, t.fault = ReasonFailure, err
			return v.end
		}
		s = next
		t.segments.add(s)
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
