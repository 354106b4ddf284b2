package beam

import "sync"

// screen tells where the pictures of the page go: to the segment that is being
// recorded, from whichever page there is at the moment. Its methods may be
// called from any goroutine.
type screen struct {
	mu      sync.Mutex
	video   *video        // nil while nothing is recorded
	changed chan struct{} // closed when video changes
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

// show sends the pictures to v from now on; nil means nowhere.
func (s *screen) show(v *video) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.video = v
	close(s.changed)
	s.changed = make(chan struct{})
}

// now returns where the pictures go, and a channel that is closed when that
// changes.
func (s *screen) now() (*video, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.video, s.changed
}
