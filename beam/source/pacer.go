package source

import "sync"

// Pacer holds the rate at which frames are captured, and hands it to whichever
// engine captures at the moment. Its methods may be called from any goroutine.
type Pacer struct {
	mu    sync.Mutex
	rate  float64 // frames a second
	apply func(rate float64)
}

// NewPacer returns a pacer that nothing captures with yet.
func NewPacer(rate float64) *Pacer { return &Pacer{rate: rate, apply: func(float64) {}} }

// Set changes the rate.
func (p *Pacer) Set(rate float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
	p.apply(rate)
}

// follow gives the rate to apply, now and whenever it changes, until the next
// call of follow.
func (p *Pacer) follow(apply func(rate float64)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apply = apply
	apply(p.rate)
}
