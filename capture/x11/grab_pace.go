package x11

import (
	"time"

	"beam/capture"
)

// pace says which paints are grabbed, so that a page that paints at 60 Hz isn't
// grabbed twice for each frame of a recording: those nearest to the instants of
// an even schedule. The schedule follows the paints, so that the same ones of
// each 60 are nearest to it, as long as they keep their rhythm: whoever took the
// one before at times would show the page unsteadily.
//
// A paint that comes late doesn't move the schedule: the next ones may follow it
// more closely, as the frames of a 30 fps video do on a 60 Hz screen.
type pace struct {
	interval time.Duration // of the schedule; 0 for no pace
	due      capture.Time  // its next instant
	grid     capture.Time  // an instant at which a frame of the recording is due
	slot     time.Duration // from there to the next one; 0 where there is no grid
}

const (
	// paceNear is how far from the schedule a paint may be that no other is
	// nearer to: half the period of Chrome's 60 Hz.
	paceNear = time.Second / 120
	// paceFollow is the share of its distance from a paint by which the schedule
	// follows it: at most 1 % of the rate. Little of the jitter of single paints is
	// left in it then, and it finds a new rhythm within two seconds at 30 a second.
	paceFollow = 0.02
	// paceSame is by how much another paint has to be nearer to the grid.
	paceSame = time.Millisecond / 2
	// paceBurst is how many grabs may come at once: the schedule is never further
	// behind.
	paceBurst = 2
)

// align has the schedule prefer the paints that are nearest to a grid, where there
// is a choice.
func (p *pace) align(grid capture.Time, fps float64) {
	p.grid, p.slot = grid, time.Duration(float64(time.Second)/fps)
}

func (p *pace) setRate(fps float64) {
	p.interval = 0
	if fps > 0 {
		p.interval = time.Duration(float64(time.Second) / fps)
	}
	// What the slower rate owed doesn't hold back the faster one.
	p.due = 0
}

// near is paceNear, or less where the schedule is closer.
func (p *pace) near() time.Duration { return min(paceNear, p.interval/2) }

// wait returns how long it is until the newest paint, which was at the given time,
// may be grabbed; 0 or less for now. One that is not the nearest yet has to wait
// for the one that is, and if there is none, until none can be nearer.
func (p *pace) wait(now, paint capture.Time) time.Duration {
	if paint >= p.due.Add(-p.near()) {
		return 0
	}
	return p.due.Add(p.near()).Sub(now)
}

// spend notes the grab of a paint, and whether it shows others beside it: then the
// page paints more often than it is grabbed.
func (p *pace) spend(paint capture.Time, others bool) {
	if p.interval == 0 {
		return
	}
	p.due = max(p.due, paint.Add(-(paceBurst-1)*p.interval))
	off := max(paint.Sub(p.due), -p.near())
	if off > 2*p.near() {
		off = 0 // a page that painted late, or paints more slowly
	}
	p.due = p.due.Add(p.interval + time.Duration(paceFollow*float64(off)))
	if others && p.interval == p.slot {
		p.due = p.due.Add(p.nearer())
	}
}

// nearer returns by how much the schedule has to change for the paint before, or
// the one after, which is nearer to the grid; 0 where none is.
func (p *pace) nearer() time.Duration {
	off := p.due.Sub(p.grid) % p.slot
	if off < 0 {
		off += p.slot
	}
	switch most := paceNear + paceSame; {
	case off > most && off <= p.slot/2:
		return -2 * paceNear
	case off > p.slot/2 && p.slot-off > most:
		return 2 * paceNear
	}
	return 0
}
