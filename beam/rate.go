package beam

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"beam/beam/procstat"
	"beam/beam/sizing"
	"beam/beam/source"
	"beam/capture"
	"beam/capture/video"
	"beam/layout"
)

// governing is what is known of the rate of the frames: the governor, and what
// is measured for it. Its methods may be called from any goroutine.
type governing struct {
	mu       sync.Mutex
	governor *video.Governor
	low      capture.Time // since when the rate has been far below the one asked for; 0 when it is not
}

func newGoverning(fps int) *governing {
	return &governing{governor: video.NewGovernor(float64(fps))}
}

// begin tells that an encoder or a source begins: what is measured in its first
// seconds says nothing.
func (g *governing) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.governor.Begin(capture.Now())
}

// renew begins anew, with another engine.
func (g *governing) renew(fps int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.governor, g.low = video.NewGovernor(float64(fps)), 0
	g.governor.Begin(capture.Now())
}

// reason returns why the rate was changed last.
func (g *governing) reason() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return string(g.governor.Reason())
}

// observe takes one measurement.
func (g *governing) observe(l video.Load) (rate float64, changed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.governor.Observe(l)
}

const (
	governEvery = time.Second
	// The memory is looked at at once, after 5 s, and then more and more rarely, up
	// to once in half a minute: the kernel walks every page table for it, 30 ms of
	// processor time with Chrome's ten processes.
	memoryFirst = 5 * time.Second
	memoryEvery = 30 * time.Second
	// carriesShare is the share of the rate asked for that an engine has to
	// hold; one that holds less for carriesWithin can't carry the recording.
	carriesShare  = 0.7
	carriesWithin = 8 * time.Second
)

// rateKeeper measures the recording, and keeps the rate of the frames at what
// the machine can carry.
type rateKeeper struct {
	fps       int
	governing *governing
	pace      *source.Pacer
	rates     *rates
	meter     *procstat.Meter
	sampler   *procstat.Sampler
	quality   *quality
	counter   *counter
	engines   *engineSwitch
	log       *slog.Logger
	notice    func(format string, args ...any)
}

// run measures once a second until ctx ends, lets the governor judge what was
// measured, and sets the rate at the source of the frames.
func (k *rateKeeper) run(ctx context.Context) {
	tick := time.NewTicker(governEvery)
	defer tick.Stop()
	last := k.counter.count(capture.Now())
	var memory capture.Time // when it was looked at last
	var every time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := capture.Now()
		if now.Sub(memory) >= every {
			memory, every = now, min(max(memoryFirst, 2*every), memoryEvery)
			k.meter.Sample(true)
		}
		sample, sampled, err := k.sampler.Sample()
		if err != nil {
			k.log.Debug("the machine was not measured", "error", err)
		}
		count := k.counter.count(now)
		k.quality.observe(last, count, sample, k.fps)
		if count.segment != nil && count.segment == last.segment && sampled {
			k.steer(load(last, count, sample), count)
		}
		last = count
	}
}

// steer lets the governor judge a measurement and carries out its verdict.
func (k *rateKeeper) steer(l video.Load, count tally) {
	asked := float64(k.fps)
	rate, changed := k.governing.observe(l)
	if changed {
		k.pace.Set(rate)
		k.rates.set(l.At, rate, k.governing.reason())
		if rate < asked {
			k.notice("the machine is too busy for %d frames a second: %.3g from now on", k.fps, rate)
		} else {
			k.notice("%.3g frames a second again", rate)
		}
	}
	if k.governing.tooLow(l.At, rate, asked) && count.segment.engine == sizing.EngineScreencast && count.grabber != nil {
		k.engines.ask(sizing.EngineX11, "the machine can't carry a screencast at this rate")
	}
}

// change begins anew with another engine, at the rate asked for.
func (k *rateKeeper) change(at capture.Time) {
	k.governing.renew(k.fps)
	k.pace.Set(float64(k.fps))
	k.rates.set(at, float64(k.fps), "engine")
}

// pageEvery is how often the page is asked for its own figures.
const (
	pageEvery = 2 * time.Second
	pageLimit = time.Second
)

// pageAsker asks the page for its own figures.
type pageAsker struct {
	source  *source.Source
	quality *quality
	counter *counter
	fps     int
	log     *slog.Logger
}

// run asks until ctx ends.
func (a *pageAsker) run(ctx context.Context) {
	tick := time.NewTicker(pageEvery)
	defer tick.Stop()
	a.quality.forgetPage()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if server, _ := a.source.SoundServer(); server != nil {
			a.quality.played(server.Stats().MaxPlaybackLatency)
		}
		one, cancel := context.WithTimeout(ctx, pageLimit)
		answer, err := a.source.Evaluate(one, layout.StatsExpression())
		cancel()
		if err != nil {
			continue // the heartbeat judges a page that does not answer
		}
		stats, err := layout.ParseStats(answer)
		if err != nil {
			a.log.Debug("the page tells nonsense of itself", "error", err)
			continue
		}
		now := a.counter.count(capture.Now())
		a.quality.observePage(stats, now.distinct, now.grabber != nil, a.fps)
	}
}

// tooLow tells whether the engine has not carried the recording for long.
func (g *governing) tooLow(now capture.Time, rate, asked float64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case rate >= carriesShare*asked:
		g.low = 0
	case g.low == 0:
		g.low = now
	}
	return g.low != 0 && now.Sub(g.low) >= carriesWithin
}

// load returns what was measured between two tallies of a segment.
func load(before, now tally, m procstat.Sample) video.Load {
	used := func(names ...string) (sum time.Duration) {
		for _, name := range names {
			sum += m.Programs[name].CPU
		}
		return sum
	}
	return video.Load{
		At: now.At, Interval: now.At.Sub(before.At),
		Frames: now.video.Captured - before.video.Captured, Encoded: now.left - before.left,
		QueueAge: now.waits, Refused: now.video.Refused - before.video.Refused, Delay: now.delay,
		SourceCPU: used("chrome", "xvfb", "beam"), EncoderCPU: used("ffmpeg"),
		Idle: time.Duration(m.Idle * float64(m.Length)), Throttled: m.Throttled,
	}
}
