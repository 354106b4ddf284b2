package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/usage"
	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/matroska"
)

// take is the recording proper, from the ready room to the finished file.
type take struct {
	*recorder
	start    Time
	rules    stopRules
	feed     *feed
	video    *video // nil where ffmpeg grabs the pictures, and without pictures
	sound    *sound
	out      *output
	transfer *transfer // nil without a bucket
	enc      *ffmpeg.Process
	preset   string
	meter    *usage.Meter
	stall    clockWatch

	firstFrame time.Duration
	fault      error  // what ended the recording before its time
	reason     string // why it ended
	rejoins    int
	lastSeen   int
}

// The recording's times.
const (
	controlTick   = 50 * time.Millisecond
	progressEvery = time.Second
	memoryEvery   = 5 * time.Second
	soundWait     = 700 * time.Millisecond
	encoderWait   = 60 * time.Second
	grabLead      = 300 * time.Millisecond // ffmpeg's start, until it has grabbed its first picture
)

func (r *recorder) take(stop, hard context.Context) (*Report, error) {
	t := &take{recorder: r, feed: newFeed(), meter: usage.New()}
	t.rules = stopRules{Duration: r.settings.Duration, MaxDuration: r.settings.MaxDuration, MinFree: minFree}
	t.preset = choosePreset(r.machine, r.engine, r.settings.Size, r.settings.FPS)

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
	t.sound = newSound(r.settings.AudioOffset, t.feed, t.report)
	soundCtx, stopSound := context.WithCancel(hard)
	defer stopSound()
	var listening errgroup.Group
	listening.Go(func() error {
		t.report(t.studio.pulse.Record(soundCtx, t.sound.take))
		return nil
	})
	t.listen(stop)
	if err := t.begin(hard); err != nil {
		stopSound()
		_ = listening.Wait() // its faults go to t.faults
		t.out.discard()
		t.transfer.discard(hard, r.log)
		return nil, err
	}
	r.enter(StateRecording)
	end, fault := t.capture(stop, hard, func() {
		stopSound()
		_ = listening.Wait()
	})
	t.fault = fault
	if hard.Err() != nil {
		t.enc.Kill()
		_ = t.enc.Wait() // it was killed
	}
	if r.state == StateRecording {
		r.enter(StateStopping)
	}
	return t.finish(hard, end)
}

// listen waits until sound flows, so that the recording begins with it. A sound
// server that gives none is a fault that control will see.
func (t *take) listen(stop context.Context) {
	select {
	case <-t.sound.flowing:
	case <-time.After(soundWait):
	case <-stop.Done():
	}
}

// begin starts the encoder.
func (t *take) begin(hard context.Context) error {
	t.start = capture.Now()
	if t.engine == EngineX11 {
		// What ffmpeg grabs before the start is dropped; what it has not grabbed
		// at the start is missing.
		t.start = t.start.Add(grabLead)
	}
	spec := ffmpeg.Spec{
		FPS: t.settings.FPS, VFR: t.settings.FPSMode == FPSModeVFR,
		Preset: t.preset, CRF: crf, MaxRate: chooseRate(t.settings.Size, t.settings.FPS),
	}
	var env []string
	if !t.settings.AudioOnly {
		spec.Size = t.settings.Size
	}
	if t.engine == EngineX11 {
		spec.Grab = &ffmpeg.Grab{Display: t.studio.x11.Display(), Start: wallClock(t.start), Rate: t.settings.FPS}
		if !spec.VFR {
			spec.Grab.Rate = grabRate(t.machine, t.settings.Size, t.settings.FPS)
		}
		env = append(env, "XAUTHORITY="+t.studio.x11.XAuthority())
	}
	args, err := ffmpeg.Args(spec)
	if err != nil {
		return &Fault{Class: ClassInternal, Op: "start ffmpeg", Err: err}
	}
	t.enc, err = ffmpeg.Start(hard, ffmpeg.Options{Path: t.tools.FFmpeg, Args: args, Output: t.out, Env: env, Nice: t.encoderNice(), Log: t.log})
	if err != nil {
		return err
	}
	t.sound.begin(t.start)
	if !t.settings.AudioOnly && t.engine == EngineScreencast {
		t.video = newVideo(t.start, t.settings, t.feed)
	}
	t.meter.Follow("chrome", t.studio.browserPID)
	t.meter.Follow("ffmpeg", t.enc.PID)
	t.meter.Follow("beam", ownPID)
	t.meter.Follow("pulseaudio", t.studio.pulse.PID)
	if t.studio.x11 != nil {
		t.meter.Follow("xvfb", t.studio.x11.PID)
	}
	t.meter.Sample(false) // what was used before is not the recording's
	t.meter.Reset()
	return nil
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

// capture runs until the recording has to end, and returns once everything
// captured has been handed to the encoder and the encoder has ended.
func (t *take) capture(stop, hard context.Context, stopSound func()) (end Time, fault error) {
	sources, stopSources := context.WithCancel(hard)
	defer stopSources()

	var pumps, writer errgroup.Group
	writer.Go(func() error { return t.write(hard) })
	if t.video != nil {
		pumps.Go(func() error { t.screencast(sources); return nil })
		pumps.Go(func() error {
			t.video.run(sources, func(rate float64) {
				t.notice("the machine is too busy: %.0f pictures a second from now on", rate)
			})
			return nil
		})
	} else {
		pumps.Go(func() error { t.watchPage(sources); return nil })
	}
	pumps.Go(func() error { t.heartbeat(sources); return nil })

	end, fault = t.control(stop, hard)
	t.sound.endAt(end)
	t.drain(hard, end)
	stopSources()
	stopSound()
	_ = pumps.Wait() // its faults went to t.faults
	if t.video != nil {
		t.video.finish(end)
	}
	t.sound.finish(end)
	t.feed.close()
	_ = writer.Wait() // a broken pipe: the encoder's own error tells why
	_ = t.enc.CloseInput()
	select {
	case <-t.enc.Done():
	case <-time.After(encoderWait):
		t.enc.Kill()
		fault = errors.Join(fault, &capture.Fault{Class: capture.ClassEncoder, Op: "finish encoding",
			Err: fmt.Errorf("ffmpeg did not end within %v", encoderWait)})
	}
	if err := t.enc.Wait(); err != nil && hard.Err() == nil {
		fault = firstOf(fault, err)
	}
	return end, fault
}

// drain waits until what was captured before the end has arrived.
func (t *take) drain(hard context.Context, end Time) {
	deadline := time.NewTimer(soundWait)
	defer deadline.Stop()
	var pictures <-chan time.Time
	if t.video != nil {
		pictures = time.After(max(0, end.Add(reorderHold).Sub(capture.Now())))
	}
	tick := time.NewTicker(pumpTick)
	defer tick.Stop()
	for pictures != nil || !t.sound.reached(end) {
		select {
		case <-pictures:
			pictures = nil
		case <-deadline.C:
			return
		case <-hard.Done():
			return
		case <-tick.C:
		}
	}
}

// write passes the feed to the encoder.
func (t *take) write(ctx context.Context) error {
	size := t.settings.Size
	if t.video == nil {
		size = capture.Size{}
	}
	w, err := matroska.NewWriter(t.enc, size, true)
	for err == nil {
		b, ok := t.feed.next(ctx)
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
	t.feed.close()
	return err
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
