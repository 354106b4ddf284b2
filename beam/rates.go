package beam

import (
	"sync"
	"time"

	"beam/beam/report"
	"beam/capture"
)

// rates are the changes of the rate at which frames are captured. Its methods
// may be called from any goroutine.
type rates struct {
	asked float64

	mu      sync.Mutex
	changes []rateChange
}

type rateChange struct {
	at     capture.Time
	rate   float64
	reason string
}

func (r *rates) set(at capture.Time, rate float64, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, rateChange{at: at, rate: rate, reason: reason})
}

// figures returns the rates of a recording of the given length, position being
// where an instant is in it.
func (r *rates) figures(position func(capture.Time) time.Duration, length time.Duration) rateFigures {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := rateFigures{Changes: []report.Rate{}, Lowest: r.asked}
	sum, from, rate := 0.0, time.Duration(0), r.asked
	for _, c := range r.changes {
		at := min(length, position(c.at))
		sum += rate * (at - from).Seconds()
		if c.rate < rate {
			f.Lowered++
		}
		from, rate = at, c.rate
		f.Lowest = min(f.Lowest, rate)
		f.Changes = append(f.Changes, report.Rate{At: report.Round(at.Seconds(), 1), FPS: report.Round(rate, 1), Reason: c.reason})
	}
	sum += rate * (length - from).Seconds()
	f.Lowest = report.Round(f.Lowest, 1)
	f.Mean = report.Round(sum/max(length.Seconds(), 0.001), 1)
	return f
}

// rateFigures is what became of the rate over a recording.
type rateFigures struct {
	Lowered      int // times that it was lowered
	Lowest, Mean float64
	Changes      []report.Rate
}
