package beam

import "sync"

// pacer holds the rate at which frames are captured, and hands it to whichever
// engine captures at the moment. Its methods may be called from any goroutine.
type pacer struct {
	mu    sync.Mutex
	rate  float64 // frames a second
	apply func(rate float64)
}

func newPacer(rate float64) *pacer { return &pacer{rate: rate, apply: func(float64) {}} }

// set changes the rate.
func (p *pacer) set(rate float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
	p.apply(rate)
}

// follow gives the rate to apply, now and whenever it changes, until the next
// call of follow.
func (p *pacer) follow(apply func(rate float64)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apply = apply
	apply(p.rate)
}
