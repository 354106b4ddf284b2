package capture

import (
	"math"
	"time"
)

// Slotter puts pictures on the grid of the recording: slot n stands for the
// instant start + n/fps. It is the only place that may drop a picture, and it
// counts what it drops. It decides and remembers; it holds no picture.
//
// Two pictures of a 30 fps source often fall into one slot of a 30 fps grid
// while the slot before or after stays empty, because the two beat against each
// other. So a picture goes to the first free slot, unless that lies too far
// from its capture time: see mostEarly and mostLate.
type Slotter struct {
	start Time
	fps   float64
	every int64   // only each every-th slot may be used (the governor's steps)
	last  int64   // last slot used, -1 before the first
	lead  float64 // how much earlier than captured pictures are shown, smoothed, in slots
	stats SlotStats
}

// How far, in slots, a picture may be moved from its capture time to follow the
// one before without a gap. A source with the grid's own rate and a jitter of
// 10 ms then loses nothing, at any phase (TestSlotterBeat). The smoothed lead
// bounds what is moved for long: a steady source is shown at the slots nearest
// to it, so that the picture keeps its place beside the sound.
const (
	mostEarly = 0.75
	mostLate  = 1
	mostLead  = 0.55
	leadDecay = 0.95 // for each picture: about a second at 30 fps
)

// SlotStats counts what a Slotter did.
type SlotStats struct {
	Placed  int           // pictures that got a slot
	Moved   int           // of those, moved to the first free slot from the nearest one
	Dropped int           // pictures without a slot
	Before  int           // of the dropped, superseded before the recording began
	Gap     time.Duration // longest time between two pictures that got a slot
}

// NewSlotter returns a Slotter for a recording that begins at start.
func NewSlotter(start Time, fps float64) *Slotter {
	return &Slotter{start: start, fps: fps, every: 1, last: -1}
}

// Place returns the slot of a picture captured at t, and false when the
// picture has to be dropped. Calls must be in order of t. The first picture gets
// slot 0, whenever it was captured: nothing else is known of the page's looks
// before.
func (s *Slotter) Place(t Time) (slot int64, ok bool) {
	pos := s.position(t)
	slot = s.align(pos)
	follow := s.last + s.every // the first slot that is free
	early := pos - float64(follow)
	switch {
	case s.last < 0:
		slot = 0
	case slot == follow:
	case slot > follow && (early > mostEarly || s.lead > mostLead):
	case slot < follow && (-early > mostLate || s.lead < -mostLead):
		s.stats.Dropped++
		return 0, false
	default:
		slot = follow
		s.stats.Moved++
	}
	s.lead += (pos - float64(slot) - s.lead) * (1 - leadDecay)
	if s.last >= 0 {
		s.stats.Gap = max(s.stats.Gap, s.duration(slot-s.last))
	}
	s.last = slot
	s.stats.Placed++
	return slot, true
}

// Repeat returns the slot in which the last picture may be shown again at t,
// and false when that slot or a later one is in use. An unchanged page yields
// no pictures; repeating the last one now and then keeps the encoder's output
// flowing.
func (s *Slotter) Repeat(t Time) (slot int64, ok bool) {
	slot = int64(math.Floor(s.position(t)))
	slot -= slot % s.every
	if s.last < 0 || slot <= s.last {
		return 0, false
	}
	s.last = slot
	return slot, true
}

// Discard counts a picture that was dropped before it came here.
func (s *Slotter) Discard() { s.stats.Dropped++; s.stats.Before++ }

// Thin lets only each every-th slot be used from now on: 1 for the full rate.
func (s *Slotter) Thin(every int) { s.every = int64(max(every, 1)) }

// Last returns the last slot used, -1 before the first.
func (s *Slotter) Last() int64 { return s.last }

// Offset returns the time of a slot since the start.
func (s *Slotter) Offset(slot int64) time.Duration { return s.duration(slot) }

// Stats returns the counts so far.
func (s *Slotter) Stats() SlotStats { return s.stats }

// position returns t on the grid, in slots; never before the start.
func (s *Slotter) position(t Time) float64 {
	return max(0, t.Sub(s.start).Seconds()*s.fps)
}

// align returns the usable slot nearest to pos.
func (s *Slotter) align(pos float64) int64 {
	return int64(math.Round(pos/float64(s.every))) * s.every
}

func (s *Slotter) duration(slots int64) time.Duration {
	return time.Duration(float64(slots) / s.fps * float64(time.Second))
}
