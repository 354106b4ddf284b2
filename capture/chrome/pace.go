package chrome

import (
	"sync"
	"time"

	"beam/capture"
)

// Pace steers a running Screencast, and tells how well Chrome keeps up. It
// belongs to whoever starts the screencast, may be used by one after another,
// and its methods may be called from any goroutine.
type Pace struct {
	mu      sync.Mutex
	rate    float64
	changed chan struct{} // closed at the next SetRate
	stats   CastStats
	delays  *capture.Window
}

// CastStats counts what a Pace's screencasts delivered.
type CastStats struct {
	Frames    int           // frames that arrived
	Refreshed int           // times that a still page was asked for its last look
	Delay     time.Duration // arrival less capture time, of nine tenths of the last second's frames; 0 without any
}

// NewPace returns a Pace of fps frames a second; 0 stands for all there are.
func NewPace(fps float64) *Pace {
	return &Pace{rate: max(0, fps), changed: make(chan struct{}), delays: capture.NewWindow(time.Second)}
}

// SetRate changes the frames a second that are wanted in the long run, from
// now on; 0 stands for all there are.
func (p *Pace) SetRate(fps float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate == max(0, fps) {
		return
	}
	p.rate = max(0, fps)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Rate returns the frames a second that are wanted.
func (p *Pace) Rate() float64 {
	rate, _ := p.current()
	return rate
}

// Stats returns what came so far.
func (p *Pace) Stats() CastStats { return p.statsAt(capture.Now()) }

func (p *Pace) statsAt(now capture.Time) CastStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Delay = p.delays.P90(now)
	return s
}

// current returns the rate, and a channel that is closed when it changes.
func (p *Pace) current() (float64, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rate, p.changed
}

// arrived counts a frame. The first one of a screencast, which is made for the
// asking, says nothing about the delay.
func (p *Pace) arrived(now, captured capture.Time, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Frames++
	if !first {
		p.delays.Add(now, max(0, now.Sub(captured)))
	}
}

func (p *Pace) refreshed() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Refreshed++
}

// bucket says when frames are to be acknowledged so that Chrome makes no more
// of them than are wanted: a page that paints at 60 Hz would otherwise have 60
// JPEGs made a second, half of them for nothing. It is a token bucket: the rate
// holds in the long run, and a few frames in a row may come closer together,
// as those of a 30 fps video do on a 60 Hz screen.
type bucket struct {
	last capture.Time // the time that the last acknowledgement was accounted for
}

const (
	// paceMargin is how much above the wanted rate the pace lies, so that it
	// never holds back a source of just that rate.
	paceMargin = 1.06
	// paceSlack is how much too early an acknowledgement may come when the
	// ones before came late: the jitter of a page's paints is a matter of its
	// screen's refreshes, of 17 ms each, whatever the rate. It never is more
	// than two intervals.
	paceSlack = 66 * time.Millisecond
)

// wait returns how long the next acknowledgement has to wait at rate frames a
// second; 0 when it may go out now.
func (b *bucket) wait(now capture.Time, rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return max(0, b.due(now, rate).Sub(now))
}

// take accounts for an acknowledgement that goes out now.
func (b *bucket) take(now capture.Time, rate float64) {
	if rate <= 0 {
		b.last = now
		return
	}
	b.last = min(b.due(now, rate), now)
}

// due returns when the next acknowledgement may go out.
func (b *bucket) due(now capture.Time, rate float64) capture.Time {
	interval := time.Duration(float64(time.Second) / (rate * paceMargin))
	return max(b.last.Add(interval), now.Add(-min(paceSlack, 2*interval)))
}
