package beam

import (
	"context"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/expect"
	"beam/beam/procstat"
	"beam/beam/roster"
	"beam/beam/source"
	"beam/beam/storage"
	"beam/capture"
	"beam/capture/audio"
	"beam/capture/chrome"
	"beam/capture/encode"
)

// run is the recording proper, from the ready room to the finished file. It
// holds the parts together; what each of them does is theirs.
type run struct {
	settings Settings
	opening  *opening
	log      *slog.Logger

	events   *announcer
	engines  *engineSwitch
	roster   *roster.Roster
	source   *source.Source
	tap      *audio.Tap
	watch    *expect.Watch
	storage  *storage.Storage // nil without a bucket
	transfer *storage.Transfer
	output   *encode.Output

	timeline *timeline
	segments *segmenter
	loop     *loop
	keeper   *source.Keeper
	rates    *rateKeeper
	memory   *memoryKeeper
	loudness *loud
	losses   *source.Losses
	gaps     *source.Gaps
	first    *firstFrame
	progress *progressTeller
	faults   chan error // of goroutines; the first ends the recording

	start  capture.Time // of the first segment
	reason string
	fault  error // what ended it before its time
}

// newRun puts the parts of a recording together.
func newRun(o *opening, sampler *procstat.Sampler, memory *procstat.MemoryReader, out *encode.Output, upload *storage.Transfer) *run {
	s := o.settings
	r := &run{
		settings: s, opening: o, log: o.log, events: o.events, engines: o.engines, roster: o.roster, source: o.source,
		tap: o.tap, watch: o.watch, storage: o.storage, transfer: upload, output: out,
		timeline: &timeline{}, loudness: newLoud(), losses: &source.Losses{}, gaps: &source.Gaps{}, faults: make(chan error, 8),
		first: &firstFrame{began: o.began},
	}
	router, pace, late, figures := source.NewRouter(), source.NewPacer(float64(s.FPS)), &source.Lateness{}, newQuality()
	counted := &counter{source: o.source, router: router, timeline: r.timeline, late: late}
	r.rates = &rateKeeper{
		fps: s.FPS, governing: newGoverning(s.FPS), pace: pace, rates: &rates{asked: float64(s.FPS)}, meter: procstat.NewMeter(),
		sampler: sampler, quality: figures, counter: counted, engines: o.engines, log: o.log, notice: o.events.notice,
	}
	r.segments = &segmenter{
		fps: s.FPS, vfr: s.FPSMode == FPSModeVFR, size: o.frameSize(), log: o.log, output: out, encoders: o.encoders,
		tap: o.tap, router: router, hear: r.loudness.add,
		ending:   func(ctx context.Context) { o.watch.Ask(ctx, o.source.Evaluate) },
		changing: r.changeEngine,
	}
	frames := &source.Framer{
		Source: o.source, Router: router, Pace: pace, Late: late, Ask: o.engines.ask, FPS: s.FPS, Begin: r.rates.governing.begin,
	}
	asker := &pageAsker{source: o.source, quality: figures, counter: counted, fps: s.FPS, log: o.log}
	r.keeper = &source.Keeper{
		Source: o.source, Losses: r.losses, Gaps: r.gaps, Log: o.log, Notice: o.events.notice, Ask: asker.run,
		Capture: func(ctx context.Context, page *chrome.Page) error {
			if s.AudioOnly {
				return nil
			}
			return frames.Capture(ctx, page)
		},
		JoinedAgain: r.roster.Rejoined,
		EncoderPID:  func() int { return r.timeline.last().enc.PID() },
	}
	renew := make(chan error, 1)
	r.keeper.Renew = renew
	r.memory = &memoryKeeper{reader: memory, most: uint64(s.MaxMemory) << 20, browser: o.source.BrowserPID, renew: renew, notice: o.events.notice}
	r.progress = &progressTeller{timeline: r.timeline, output: out, tap: o.tap, transfer: upload, events: o.events}
	r.loop = &loop{
		now: capture.Now, rules: s.stopRules(), fps: s.FPS, messages: o.source.Messages, requests: o.commands.requests,
		engines: o.engines.requests, faults: r.faults, notice: o.events.notice, facts: r.facts,
		replaceable: func(now capture.Time) bool { return !out.Failed() && r.losses.Allow(source.LostEncoder, now) },
		pausing:     r.roster.Paused,
		watch:       func() { r.first.look(r.timeline.all()[0]) }, progress: r.progress.tell,
	}
	return r
}

// record records from the ready room until the recording has to end, and returns
// the instant of its end. The error is that of a start that failed.
func (r *run) record(stop, hard context.Context) (end capture.Time, err error) {
	r.awaitAudio(stop)
	first, err := r.begin(hard)
	if err != nil {
		return 0, err
	}
	sources, stopSources := context.WithCancel(hard)
	defer stopSources()
	var running errgroup.Group
	running.Go(func() error { r.report(r.keeper.Keep(sources, hard)); return nil })
	running.Go(func() error { r.rates.run(sources); return nil })
	running.Go(func() error { r.memory.run(sources); return nil })
	running.Go(func() error { r.watch.Run(sources, r.source.Evaluate); return nil })
	r.events.enter(StateRecording)
	end = r.recordSegments(stop, hard, first)
	stopSources()
	_ = running.Wait() // they return none
	if s := r.events.current(); s == StateRecording || s == StatePaused {
		r.events.enter(StateStopping)
	}
	return end, nil
}

// awaitAudio waits until audio flows, so that the recording begins with it. A
// sound server that gives none is a loss that the keeper repairs.
func (r *run) awaitAudio(stop context.Context) {
	select {
	case <-r.tap.Flowing:
	case <-time.After(audioWait):
	case <-stop.Done():
	}
}

// begin starts the first segment.
func (r *run) begin(hard context.Context) (*segment, error) {
	r.start = capture.Now()
	s, err := r.segments.open(hard, beginning{start: r.start, engine: r.engines.current()}, capture.Frame{})
	if err != nil {
		return nil, err
	}
	r.timeline.add(s)
	if t := r.opening.tracks; t != nil {
		t.Begin(r.timeline.holds)
	}
	r.followPrograms()
	r.roster.Begin(r.start)
	return s, nil
}

// followPrograms measures what each program uses from now on.
func (r *run) followPrograms() {
	meter, sampler := r.rates.meter, r.rates.sampler
	for name, pid := range map[string]func() int{
		"chrome": r.source.BrowserPID, "ffmpeg": func() int { return r.timeline.last().enc.PID() },
		"beam": os.Getpid, "pulseaudio": r.source.SoundPID, "xvfb": r.source.DisplayPID,
	} {
		if name == "xvfb" && !r.source.Windowed {
			continue
		}
		meter.Follow(name, pid)
		if name == "chrome" {
			sampler.Follow(name, pid, procstat.AudioThreads...)
		} else {
			sampler.Follow(name, pid)
		}
	}
	meter.Sample(false) // what was used before is not the recording's
	meter.Reset()
}

// recordSegments records segment after segment until the recording has to end,
// and returns the instant of its end.
func (r *run) recordSegments(stop, hard context.Context, s *segment) (end capture.Time) {
	for {
		v := r.segments.record(hard, s, func() verdict { return r.loop.await(stop, hard, s) })
		if hard.Err() != nil {
			s.enc.End()
		}
		next := follow(v, s.beginning, r.output.Recorded())
		r.timeline.end(s.at(v.end))
		var still capture.Frame
		switch v.next {
		case nextPause:
			v = r.pause(stop, hard)
			next.start = v.end
		case nextEncoder:
			r.events.notice("the encoder was lost, starting another: %v", v.fault)
			r.gaps.Add(source.LostEncoder, next.start, v.end, v.fault)
			v.fault = nil
			still = s.still()
		}
		if v.next == nextEnd || v.fault != nil {
			r.segments.abandon()
			r.ended(v.reason, v.fault)
			return v.end
		}
		s.release()
		next.engine = r.engines.current()
		following, err := r.segments.open(hard, next, still)
		if err != nil {
			r.ended("", err)
			return v.end
		}
		s = following
		r.timeline.add(s)
		r.rates.governing.begin() // what waited for the encoder says nothing of it
	}
}

// ended notes why the recording ended: a fault counts for more than a reason.
func (r *run) ended(reason string, fault error) {
	r.reason, r.fault = reason, fault
	if fault != nil {
		r.reason = ReasonFailure
	}
}

// pause waits for the end of a pause.
func (r *run) pause(stop, hard context.Context) verdict {
	r.events.enter(StatePaused)
	v := r.loop.await(stop, hard, nil)
	if v.next == nextResume {
		r.events.enter(StateRecording)
	}
	return v
}

// changeEngine carries out a request for another engine.
func (r *run) changeEngine(v verdict) {
	from := r.engines.change(v.request, r.timeline.last().at(v.end).Seconds())
	r.rates.change(v.end)
	r.events.notice("frames come from %s instead of %s from now on: %s", v.request.to, from, v.request.reason)
}

// report passes the fault of a goroutine to the loop.
func (r *run) report(err error) {
	if err == nil {
		return
	}
	select {
	case r.faults <- err:
	default: // an earlier one ends the recording
	}
}

// facts returns what the stop rules are judged by; no segment means a pause.
func (r *run) facts(now capture.Time, s live) stopFacts {
	free, err := freeSpace(r.settings.Output)
	f := stopFacts{Recorded: r.timeline.recorded(), Elapsed: now.Sub(r.start), Free: free, FreeOK: err == nil}
	if s != nil {
		f.Recorded = s.from().at(now)
	}
	f.Empty, f.Disconnected = r.roster.Alone(now)
	f.Silent = now.Sub(max(r.start, r.tap.LastHeard()))
	return f
}
