package beam

import (
	"math"
	"slices"
	"sync"
	"time"

	"beam/beam/machine"
	"beam/beam/report"
	"beam/beam/sizing"
	"beam/capture/loudness"
	"beam/layout"
)

// quality gathers, second by second, what the report tells beside the counts of
// the segments. Its methods may be called from any goroutine.
type quality struct {
	mu        sync.Mutex
	painted   float64 // frames that the page painted, as many as the rate asked for can hold
	kept      float64 // new frames in the recording in the same time, no more than that
	known     bool    // painted was counted at all
	leastIdle float64 // cores; -1 before the first look
	throttled time.Duration
	steal     float64 // seconds
	runDelay  map[string]float64
	playback  time.Duration
	skews     []float64 // ms, of each look at WebRTC
	made      float64   // seconds of audio that Chrome made up
	page      layout.Stats
	asked     bool // page has been asked before
	frames    int  // new ones in the recording when it was
}

func newQuality() *quality { return &quality{leastIdle: -1, runDelay: map[string]float64{}} }

// observe takes what happened between two tallies.
func (q *quality) observe(before, now tally, m machine.Sample, fps int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.throttled += m.Throttled
	q.steal += m.Steal * m.Length.Seconds()
	if m.Known && m.Length > 0 && (q.leastIdle < 0 || m.Idle < q.leastIdle) {
		q.leastIdle = m.Idle
	}
	for name, p := range m.Programs {
		q.runDelay[name] += p.RunDelay.Seconds()
	}
	if now.segment == nil || before.segment != now.segment || now.grabber == nil || now.grabber != before.grabber {
		return
	}
	q.paint(now.painted-before.painted, now.video.Distinct-before.video.Distinct, now.At.Sub(before.At), fps)
}

// paint counts frames that the page painted within some time, and how many new
// ones went into the recording.
func (q *quality) paint(painted, kept int, within time.Duration, fps int) {
	q.known = true
	q.painted += min(float64(max(0, painted)), within.Seconds()*float64(fps))
	q.kept += float64(max(0, kept))
}

// mostSkews bounds the memory: one look each two seconds, for half a day.
const mostSkews = 20000

// observePage takes what the page tells of itself. Where no display counts what
// it paints, the frames of its busiest video stand for that; frames is how many
// new ones are in the recording by now.
func (q *quality) observePage(now layout.Stats, frames int, counted bool, fps int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer func() { q.frames = frames }()
	before := q.page
	q.page = now
	if !q.asked {
		q.asked = true
		return
	}
	did := now.Since(before)
	if did.Length == 0 {
		return // the page was loaded anew
	}
	if !counted && did.Videos > 0 {
		q.paint(did.Presented, frames-q.frames, did.Length, fps)
	}
	if did.People > 0 && len(q.skews) < mostSkews {
		q.skews = append(q.skews, report.Milliseconds(did.WorstSkew))
	}
	q.made += did.Synthesized.Seconds()
}

// forgetPage tells that another page is asked from now on.
func (q *quality) forgetPage() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = false
}

// played takes the time that audio needs from Chrome to the sink.
func (q *quality) played(latency time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.playback = max(q.playback, latency)
}

// paintedFrames returns how many frames the page painted while somebody counted,
// and the percentage of them that is in the recording; known is false when nobody
// did.
func (q *quality) paintedFrames() (painted int, kept float64, known bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return int(q.painted), min(100, 100*q.kept/max(1, q.painted)), q.known
}

// late returns what is known of audio that Chrome plays late.
func (q *quality) late() report.Late {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := report.Late{Playback: report.Milliseconds(q.playback), Synthesised: report.Round(q.made, 2), Observations: len(q.skews)}
	if len(q.skews) == 0 {
		return r
	}
	sorted := slices.Sorted(slices.Values(q.skews))
	r.SkewMedian = report.Round(sorted[len(sorted)/2], 1)
	r.SkewWorst = sorted[len(sorted)-1]
	if math.Abs(sorted[0]) > math.Abs(r.SkewWorst) {
		r.SkewWorst = sorted[0]
	}
	r.SkewWorst = report.Round(r.SkewWorst, 1)
	return r
}

// machineReport returns what the machine gave.
func (q *quality) machineReport(m sizing.Machine) report.Machine {
	q.mu.Lock()
	defer q.mu.Unlock()
	r := report.Machine{
		Cores: report.Round(m.Cores, 2), Slow: report.Round(m.Slow(sizing.EngineX11), 2), PageFault: report.Round(m.Speed.FaultNs/1000, 2),
		LeastIdle: report.Round(q.leastIdle, 2), Throttled: report.Round(q.throttled.Seconds(), 2), Steal: report.Round(q.steal, 2),
		RunDelay: map[string]float64{},
	}
	for name, seconds := range q.runDelay {
		r.RunDelay[name] = report.Round(seconds, 2)
	}
	return r
}

// loud measures how loud the recording is. Its methods may be called from any
// goroutine.
type loud struct {
	mu    sync.Mutex
	meter *loudness.Meter
}

func newLoud() *loud { return &loud{meter: loudness.New()} }

func (l *loud) add(pcm []int16) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meter.Add(pcm)
}

// report returns the integrated loudness in LUFS.
func (l *loud) report() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.meter.Report(); r.Known {
		return report.Round(r.Integrated, 1)
	}
	return report.SilenceDBFS
}
