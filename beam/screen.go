package beam

import "sync"

// screen tells where the frames of the page go: to the segment that is being
// recorded, from whichever page there is at the moment. Its methods may be
// called from any goroutine.
type screen struct {
	mu      sync.Mutex
	segment *segment      // nil while nothing is recorded
	changed chan struct{} // closed when segment changes
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

// show sends the frames to s from now on; nil means nowhere.
func (c *screen) show(s *segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.segment = s
	close(c.changed)
	c.changed = make(chan struct{})
}

// now returns where the frames go, and a channel that is closed when that
// changes.
func (c *screen) now() (*segment, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.segment, c.changed
}
