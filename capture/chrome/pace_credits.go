package chrome

import (
	"time"

	"beam/capture"
)

// credits decides what Chrome is told of the frames that came. Chrome makes at
// most inFlight frames ahead of their acknowledgements. What the page paints
// while Chrome has none left is lost, also when the page then stays as it is:
// the last frame of an animation can be missing for as long as the page is
// still. So once a page turned still that may have painted something unseen,
// its last look is asked for.
//
// It is a pure decision: it reads no clock and does nothing by itself.
type credits struct {
	bucket  bucket
	waiting []credit      // frames that are not acknowledged, in order of arrival
	recent  []credit      // of the last inFlight frames captured, in order of capture
	since   capture.Time  // of the last frame or acknowledgement
	travel  time.Duration // from capture to arrival, of the last frame
}

// credit is one frame that Chrome made.
type credit struct {
	number   int64        // of the screencast that it belongs to
	captured capture.Time // when it was captured
	returned capture.Time // when it was acknowledged; 0 before
}

// What is to be done next.
type deed int

const (
	deedNone        deed = iota // wait, for a frame or for as long as next says
	deedAcknowledge             // acknowledge the screencast numbered so
	deedRefresh                 // begin a new screencast
)

const (
	// settled is how long after the last frame or acknowledgement a page
	// counts as still: at least this, and twice what the last frame took from
	// its capture to its arrival, which is 10 to 100 ms and more where Chrome
	// is saturated. A refresh for nothing costs a frame.
	settled = 250 * time.Millisecond
	// ackTravel is how long an acknowledgement may take to reach Chrome.
	ackTravel = 20 * time.Millisecond
)

// arrived takes a frame of the screencast with the given number.
func (c *credits) arrived(number int64, captured, now capture.Time) {
	if len(c.recent) > 0 && number != c.recent[0].number {
		if number < c.recent[0].number {
			return // of one that has ended: nobody waits for its acknowledgement
		}
		c.waiting, c.recent = nil, nil
	}
	f := credit{number: number, captured: captured}
	c.waiting = append(c.waiting, f)
	at := len(c.recent)
	for at > 0 && c.recent[at-1].captured > captured {
		at--
	}
	c.recent = append(c.recent[:at], append([]credit{f}, c.recent[at:]...)...)
	if len(c.recent) > inFlight {
		c.recent = c.recent[1:]
	}
	c.since, c.travel = now, now.Sub(captured)
}

// next returns what is to be done at now, at rate frames a second. With
// deedNone it returns how long to wait until there may be something, unless a
// frame or a new rate comes first; 0 when only these can bring something.
func (c *credits) next(now capture.Time, rate float64) (do deed, number int64, wait time.Duration) {
	if len(c.waiting) > 0 {
		if wait := c.bucket.wait(now, rate); wait > 0 {
			return deedNone, 0, wait
		}
		return deedAcknowledge, c.waiting[0].number, 0
	}
	if !c.missed() {
		return deedNone, 0, 0
	}
	if wait := c.since.Add(max(settled, 2*c.travel)).Sub(now); wait > 0 {
		return deedNone, 0, wait
	}
	return deedRefresh, 0, 0
}

// acknowledged accounts for the acknowledgement that next asked for.
func (c *credits) acknowledged(now capture.Time, rate float64) {
	c.bucket.take(now, rate)
	captured := c.waiting[0].captured
	c.waiting = c.waiting[1:]
	for i := range c.recent {
		if c.recent[i].captured == captured && c.recent[i].returned == 0 {
			c.recent[i].returned = now
			break
		}
	}
	c.since = now
}

// refreshed accounts for a new screencast.
func (c *credits) refreshed(now capture.Time) {
	c.waiting, c.recent, c.since = nil, nil, now
}

// missed reports whether the page may have painted something after the last
// frame that Chrome had no credit left to send: none of the last inFlight
// frames had been acknowledged when the newest of them was captured.
func (c *credits) missed() bool {
	if len(c.recent) < inFlight {
		return false
	}
	newest := c.recent[len(c.recent)-1].captured
	for _, f := range c.recent {
		if f.returned != 0 && f.returned.Add(ackTravel) < newest {
			return false
		}
	}
	return true
}
