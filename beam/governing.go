package beam

import (
	"context"
	"sync"
	"time"

	"beam/beam/machine"
	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/x11"
	"beam/layout"
)

// governing is what is known of the rate of the frames: the governor, and what
// is measured for it. Its methods may be called from any goroutine.
type governing struct {
	mu       sync.Mutex
	governor *capture.Governor
	low      Time // since when the rate has been far below the one asked for; 0 when it is not
}

func newGoverning(fps int) *governing {
	return &governing{governor: capture.NewGovernor(float64(fps))}
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
	g.governor, g.low = capture.NewGovernor(float64(fps)), 0
	g.governor.Begin(capture.Now())
}

// reason returns why the rate was changed last.
func (g *governing) reason() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return string(g.governor.Reason())
}

// observe takes one measurement.
func (g *governing) observe(l capture.Load) (rate float64, changed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.governor.Observe(l)
}

const (
	governEvery = time.Second
	memoryEvery = 5 * time.Second // the meter reads every page table for it
	// carriesShare is the share of the rate asked for that an engine has to
	// hold; one that holds less for carriesWithin can't carry the recording.
	carriesShare  = 0.7
	carriesWithin = 8 * time.Second
)

// govern measures the recording once a second until ctx ends, lets the governor
// judge what was measured, and sets the rate at the source of the frames.
func (t *take) govern(ctx context.Context) {
	tick := time.NewTicker(governEvery)
	defer tick.Stop()
	last := t.tally(capture.Now())
	var memory Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := capture.Now()
		if now.Sub(memory) >= memoryEvery {
			memory = now
			t.meter.Sample(true)
		}
		sample, sampled, err := t.sampler.Sample()
		if err != nil {
			t.log.Debug("the machine was not measured", "error", err)
		}
		count := t.tally(now)
		t.quality.observe(last, count, sample, t.settings.FPS)
		if count.segment != nil && count.segment == last.segment && sampled {
			t.steer(load(last, count, sample), count.segment)
		}
		last = count
	}
}

// pageEvery is how often the page is asked for its own figures.
const (
	pageEvery = 2 * time.Second
	pageLimit = time.Second
)

// askPage asks the page for its own figures until ctx ends.
func (t *take) askPage(ctx context.Context) error {
	tick := time.NewTicker(pageEvery)
	defer tick.Stop()
	t.quality.forgetPage()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if server, _ := t.studio.sound(); server != nil {
			t.quality.played(server.Stats().MaxPlaybackLatency)
		}
		one, cancel := context.WithTimeout(ctx, pageLimit)
		answer, err := t.studio.evaluate(one, layout.StatsExpression())
		cancel()
		if err != nil {
			continue // the heartbeat judges a page that does not answer
		}
		stats, err := layout.ParseStats(answer)
		if err != nil {
			t.log.Debug("the page tells nonsense of itself", "error", err)
			continue
		}
		_, grab := t.studio.display()
		t.quality.observePage(stats, t.tally(capture.Now()).distinct, grab != nil, t.settings.FPS)
	}
}

// steer lets the governor judge a measurement and carries out its verdict.
func (t *take) steer(l capture.Load, s *segment) {
	rate, changed := t.governing.observe(l)
	if changed {
		t.pace.set(rate)
		t.rates.set(l.At, rate, t.governing.reason())
		asked := float64(t.settings.FPS)
		if rate < asked {
			t.notice("the machine is too busy for %d frames a second: %.3g from now on", t.settings.FPS, rate)
		} else {
			t.notice("%.3g frames a second again", rate)
		}
	}
	if t.governing.tooLow(l.At, rate, float64(t.settings.FPS)) && s.engine == EngineScreencast {
		if _, grab := t.studio.display(); grab != nil {
			t.askEngine(EngineX11, "the machine can't carry a screencast at this rate")
		}
	}
}

// tooLow tells whether the engine has not carried the recording for long.
func (g *governing) tooLow(now Time, rate, asked float64) bool {
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

// tally is what has been counted at an instant.
type tally struct {
	At       Time
	segment  *segment
	video    videoCounts
	left     int // frames that left the queue
	waits    time.Duration
	delay    time.Duration // of a screencast's frames
	distinct int           // new frames of all segments
	grabber  *x11.Grabber
	painted  int // frames that the page painted, by the grabber
}

// tally counts.
func (t *take) tally(now Time) tally {
	c := tally{At: now}
	if s, _ := t.screen.now(); s != nil && s.video != nil {
		c.segment, c.video, c.left, c.waits = s, s.video.counts(), s.feed.left(), s.feed.waits(now)
	}
	for _, s := range t.segments.all() {
		if s.video != nil {
			c.distinct += s.video.counts().Distinct
		}
	}
	c.delay = t.late.delay()
	if _, grab := t.studio.display(); grab != nil {
		stats := grab.Stats()
		c.grabber, c.painted = grab, stats.Paints-stats.Same
	}
	return c
}

// load returns what was measured between two tallies of a segment.
func load(before, now tally, m machine.Sample) capture.Load {
	used := func(names ...string) (sum time.Duration) {
		for _, name := range names {
			sum += m.Programs[name].CPU
		}
		return sum
	}
	return capture.Load{
		At: now.At, Interval: now.At.Sub(before.At),
		Frames: now.video.Captured - before.video.Captured, Encoded: now.left - before.left,
		QueueAge: now.waits, Refused: now.video.Refused - before.video.Refused, Delay: now.delay,
		SourceCPU: used("chrome", "xvfb", "beam"), EncoderCPU: used("ffmpeg"),
		Idle: time.Duration(m.Idle * float64(m.Length)), Throttled: m.Throttled,
	}
}

// lateness tells how late the frames of the screencast that runs are: the time
// from their capture to their arrival. Its methods may be called from any
// goroutine.
type lateness struct {
	mu   sync.Mutex
	pace *chrome.Pace // nil while no screencast runs
}

func (l *lateness) of(p *chrome.Pace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace = p
}

// delay returns what nine tenths of the last second's frames stayed below.
func (l *lateness) delay() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pace == nil {
		return 0
	}
	return l.pace.Stats().Delay
}
