package beam

import (
	"sync"
	"time"
)

// rates are the changes of the rate at which frames are captured. Its methods
// may be called from any goroutine.
type rates struct {
	asked float64

	mu      sync.Mutex
	changes []rateChange
}

type rateChange struct {
	at     Time
	rate   float64
	reason string
}

func (r *rates) set(at Time, rate float64, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes = append(r.changes, rateChange{at: at, rate: rate, reason: reason})
}

// report puts the rates into a report of a recording of the given length.
func (r *rates) report(to *PictureReport, position func(Time) time.Duration, length time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	to.Rates = []RateReport{}
	to.LowestFPS = r.asked
	sum, from, rate := 0.0, time.Duration(0), r.asked
	for _, c := range r.changes {
		at := min(length, position(c.at))
		sum += rate * (at - from).Seconds()
		if c.rate < rate {
			to.Lowered++
		}
		from, rate = at, c.rate
		to.LowestFPS = min(to.LowestFPS, rate)
		to.Rates = append(to.Rates, RateReport{At: round(at.Seconds(), 1), FPS: round(rate, 1), Reason: c.reason})
	}
	sum += rate * (length - from).Seconds()
	to.LowestFPS = round(to.LowestFPS, 1)
	to.MeanFPS = round(sum/max(length.Seconds(), 0.001), 1)
}
