package beam

import (
	"slices"
	"sync"
	"time"

	"beam/beam/report"
	"beam/capture"
)

// timeline is the segments of a recording, in order, and how long it is. Its
// methods may be called from any goroutine.
type timeline struct {
	mu       sync.Mutex
	segments []*segment
	running  bool          // the last one is being recorded
	length   time.Duration // of what is recorded, at the end of the last segment that ended
}

func (l *timeline) add(s *segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments, l.running = append(l.segments, s), true
}

// last returns the last segment; it is being recorded unless the recording is
// paused.
func (l *timeline) last() *segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.segments[len(l.segments)-1]
}

// all returns the segments so far.
func (l *timeline) all() []*segment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.segments)
}

// end notes how long the recording is at the end of a segment.
func (l *timeline) end(length time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.length, l.running = length, false
}

// recorded returns the length at the end of the last segment that ended.
func (l *timeline) recorded() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.length
}

// position returns where an instant is in the recording: what falls between two
// segments is where the second begins, what comes after the end is the end.
func (l *timeline) position(at capture.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	place := time.Duration(0)
	for i, s := range l.segments {
		if at < s.start {
			break
		}
		end := l.length
		if i+1 < len(l.segments) {
			end = l.segments[i+1].offset
		}
		place = min(s.at(at), end)
	}
	return place
}

// holds returns where an instant is in the recording; false for one that is not in
// it.
func (l *timeline) holds(at capture.Time) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range slices.Backward(l.segments) {
		if at < s.start {
			continue
		}
		place := s.at(at)
		last := i == len(l.segments)-1
		switch {
		case last && !l.running:
			return place, place <= l.length
		case !last && place > l.segments[i+1].offset:
			return 0, false // between two
		}
		return place, true
	}
	return 0, false
}

// pauses returns what was left out, in seconds since the start.
func (l *timeline) pauses() []report.Interval {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []report.Interval{}
	first := l.segments[0].start
	for i, s := range l.segments[1:] {
		before := l.segments[i]
		end := before.start.Add(s.offset - before.offset)
		if s.start > end {
			out = append(out, report.Interval{
				From: report.Round(end.Sub(first).Seconds(), 3), To: report.Round(s.start.Sub(first).Seconds(), 3),
			})
		}
	}
	return out
}
