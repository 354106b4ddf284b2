package source

import (
	"sync"

	"beam/capture"
)

// Router tells where the frames of the page go: to the segment that is being
// recorded, from whichever page there is at the moment. Its methods may be
// called from any goroutine.
type Router struct {
	mu      sync.Mutex
	target  *Target       // nil while nothing is recorded
	changed chan struct{} // closed when target changes
}

// Target is a segment, as far as frames are concerned.
type Target struct {
	Engine string              // that its frames come from
	Start  capture.Time        // of its grid
	Take   func(capture.Frame) // takes a frame, and with it the reference
}

// NewRouter returns a router that sends frames nowhere.
func NewRouter() *Router { return &Router{changed: make(chan struct{})} }

// Show sends the frames there from now on; nil means nowhere.
func (c *Router) Show(to *Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target = to
	close(c.changed)
	c.changed = make(chan struct{})
}

// To returns where the frames go, and a channel that is closed when that
// changes.
func (c *Router) To() (*Target, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.target, c.changed
}
