package video

import (
	"math"
	"time"

	"beam/capture"
)

// Slotter puts frames on the grid of the recording: slot n stands for the
// instant start + n/fps. It is the only place that may drop a frame, and it
// counts what it drops. It decides and remembers; it holds no frame.
//
// Two frames of a 30 fps source often fall into one slot of a 30 fps grid
// while the slot before or after stays empty, because the two beat against each
// other. So a frame goes to the first free slot, unless that lies too far
// from its capture time: see reach.
//
// The grid keeps its rate when the source is slowed down: a source at any lower
// rate gets the slots nearest to its frames.
type Slotter struct {
	start capture.Time
	fps   float64
	reach reach
	last  int64   // last slot used, -1 before the first
	left  bool    // whether the last frame given to Place was dropped
	lead  float64 // how much earlier than captured frames are shown, smoothed, in slots
	stats SlotStats
}

// reach is how far, in slots, a frame may be moved from its capture time to
// follow the one before without a gap. Rounding to the grid takes half a slot;
// the rest is for the source's jitter, which is some 10 ms and does not grow
// with the slots. A source with the grid's own rate then loses nothing, at any
// phase (TestSlotterBeat). The smoothed lead bounds what is moved for long: a
// steady source is shown at the slots nearest to it, so that the picture keeps
// its place beside the sound.
type reach struct{ early, late float64 }

const (
	earlyJitter = 0.0125 // seconds
	lateJitter  = 0.020
	mostEarly   = 0.75 // slots; reached at 20 fps
	mostLate    = 1    // reached at 25 fps
	mostLead    = 0.55
	leadDecay   = 0.95 // for each frame: about a second at 30 fps
)

func reachAt(fps float64) reach {
	return reach{early: min(mostEarly, 0.5+fps*earlyJitter), late: min(mostLate, 0.5+fps*lateJitter)}
}

// SlotStats counts what a Slotter did.
type SlotStats struct {
	Placed  int           // frames that got a slot
	Moved   int           // of those, moved to the first free slot from the nearest one
	Dropped int           // frames without a slot
	Before  int           // of the dropped, superseded before the recording began
	Gap     time.Duration // longest time between two frames that got a slot
}

// NewSlotter returns a Slotter for a recording that begins at start.
func NewSlotter(start capture.Time, fps float64) *Slotter {
	return &Slotter{start: start, fps: fps, reach: reachAt(fps), last: -1}
}

// Place returns the slot of a frame captured at t, and false when the frame
// has no slot: then it is dropped, unless Settle finds one for it. Calls must
// be in order of t. The first frame gets slot 0, whenever it was captured:
// nothing else is known of the page's looks before.
func (s *Slotter) Place(t capture.Time) (slot int64, ok bool) {
	pos := s.position(t)
	slot = int64(math.Round(pos))
	follow := s.last + 1 // the first slot that is free
	early := pos - float64(follow)
	switch {
	case s.last < 0:
		slot = 0
	case slot == follow:
	case slot > follow && (early > s.reach.early || s.lead > mostLead):
	case slot < follow && (-early > s.reach.late || s.lead < -mostLead):
		s.left = true
		s.stats.Dropped++
		return 0, false
	default:
		slot = follow
		s.stats.Moved++
	}
	s.lead += (pos - float64(slot) - s.lead) * (1 - leadDecay)
	s.use(slot)
	return slot, true
}

// Settle returns the slot for the last frame, where Place had none for it, once
// all frames up to t were placed and none of them can take the slot after the
// last one used. A page that paints twice within a slot and then stays as it is
// would otherwise be seen as it was before. The frame then counts as moved, not
// as dropped.
func (s *Slotter) Settle(t capture.Time) (slot int64, ok bool) {
	slot = s.last + 1
	if !s.left || s.position(t) < float64(slot)+0.5 {
		return 0, false
	}
	s.stats.Dropped--
	s.stats.Moved++
	s.use(slot)
	return slot, true
}

// use takes a slot for a frame.
func (s *Slotter) use(slot int64) {
	if s.last >= 0 {
		s.stats.Gap = max(s.stats.Gap, s.duration(slot-s.last))
	}
	s.last, s.left = slot, false
	s.stats.Placed++
}

// Repeat returns the slot in which the last frame may be shown again at t,
// and false when that slot or a later one is in use. An unchanged page yields
// no frames; repeating the last one now and then keeps the encoder's output
// flowing.
func (s *Slotter) Repeat(t capture.Time) (slot int64, ok bool) {
	slot = int64(math.Floor(s.position(t)))
	if s.last < 0 || slot <= s.last {
		return 0, false
	}
	s.last = slot
	return slot, true
}

// Discard counts a frame that was dropped before it came here.
func (s *Slotter) Discard() { s.stats.Dropped++; s.stats.Before++ }

// Offset returns the time of a slot since the start.
func (s *Slotter) Offset(slot int64) time.Duration { return s.duration(slot) }

// Stats returns the counts so far.
func (s *Slotter) Stats() SlotStats { return s.stats }

// position returns t on the grid, in slots; never before the start.
func (s *Slotter) position(t capture.Time) float64 {
	return max(0, t.Sub(s.start).Seconds()*s.fps)
}

func (s *Slotter) duration(slots int64) time.Duration {
	return time.Duration(float64(slots) / s.fps * float64(time.Second))
}
