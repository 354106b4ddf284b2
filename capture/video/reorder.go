package video

import (
	"slices"
	"time"

	"beam/capture"
)

// Reorder puts pictures that arrive out of order back into the order of their
// capture times. Chromium encodes JPEGs in parallel, so under load a later
// picture overtakes an earlier one. It is not safe for concurrent use.
type Reorder struct {
	hold     time.Duration
	held     []capture.Frame // ascending by At
	released capture.Time    // capture time of the last picture given out
	late     int
}

// NewReorder returns a Reorder that keeps each picture for hold after its
// capture time, so that earlier ones can still arrive.
func NewReorder(hold time.Duration) *Reorder { return &Reorder{hold: hold} }

// Push takes a picture. One that is earlier than a picture already given out
// came too late to be placed: it is dropped and counted.
func (r *Reorder) Push(f capture.Frame) {
	if f.At < r.released {
		r.late++
		return
	}
	at, _ := slices.BinarySearchFunc(r.held, f.At, func(h capture.Frame, t capture.Time) int {
		if h.At <= t {
			return -1
		}
		return 1
	})
	r.held = slices.Insert(r.held, at, f)
}

// Pop returns the pictures captured up to now less the hold, in order.
func (r *Reorder) Pop(now capture.Time) []capture.Frame { return r.popUntil(now.Add(-r.hold)) }

// Drain returns the pictures captured up to end, in order, without waiting for
// stragglers: the end of the recording.
func (r *Reorder) Drain(end capture.Time) []capture.Frame { return r.popUntil(end) }

func (r *Reorder) popUntil(end capture.Time) []capture.Frame {
	n := 0
	for n < len(r.held) && r.held[n].At <= end {
		n++
	}
	if n == 0 {
		return nil
	}
	out := slices.Clone(r.held[:n])
	r.released = out[n-1].At
	r.held = slices.Delete(r.held, 0, n)
	return out
}

// Held tells whether pictures are kept.
func (r *Reorder) Held() bool { return len(r.held) > 0 }

// Late returns how many pictures came too late to be placed.
func (r *Reorder) Late() int { return r.late }
