package beam

import (
	"slices"
	"sync"

	"beam/capture"
)

// segments are those of a recording, in order. Its methods may be called from
// any goroutine.
type segments struct {
	mu   sync.Mutex
	list []*segment
}

func (l *segments) add(s *segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, s)
}

// last returns the last segment; it is being recorded unless the recording is
// paused.
func (l *segments) last() *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list[len(l.list)-1]
}

// all returns the segments so far.
func (l *segments) all() []*segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// still returns the frame that is on the screen at the segment's end, with a
// reference of the caller's; one without bytes where there is none.
func (s *segment) still() capture.Frame {
	if s.video == nil {
		return capture.Frame{}
	}
	f, _ := s.video.still()
	return f
}

// release gives up what a segment that has ended still holds.
func (s *segment) release() {
	if s.video != nil {
		s.video.release()
	}
}
