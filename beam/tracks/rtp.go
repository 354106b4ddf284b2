package tracks

import (
	"slices"
	"time"

	"beam/capture"
)

// rtpClock makes one line of a track's RTP timestamps, which are 32 bits and come round
// (RFC 3550, 5.1).
type rtpClock struct {
	rate int64 // units a second
	last int64
	any  bool
}

// at returns how long after the timestamp 0 of its line an RTP timestamp is; jumps
// tells that it can't be of the line: it lies more than a minute from the last one.
func (c *rtpClock) at(rtp uint32) (since time.Duration, jumps bool) {
	if !c.any {
		c.any, c.last = true, int64(rtp)
		return c.duration(c.last), false
	}
	next := c.last + int64(int32(rtp-uint32(c.last)))
	if step := next - c.last; step > 60*c.rate || step < -60*c.rate {
		return 0, true
	}
	c.last = max(c.last, next)
	return c.duration(next), false
}

func (c *rtpClock) duration(units int64) time.Duration {
	return time.Duration(units/c.rate)*time.Second + time.Duration(units%c.rate)*time.Second/time.Duration(c.rate)
}

// pageClock ties a clock of the page to the capture clock. What the page stamps arrives
// later by the time that it takes to get here; the least of it is the best that is
// known, and the last half minute counts, as the two clocks may drift apart.
type pageClock struct {
	least [2]pageBucket // of the present interval and the one before
}

type pageBucket struct {
	begin capture.Time
	diff  time.Duration
	any   bool
}

const pageInterval = 15 * time.Second

// see takes the stamp of something that arrived now.
func (c *pageClock) see(now capture.Time, stamp float64) {
	if b := &c.least[0]; !b.any || now.Sub(b.begin) > pageInterval {
		c.least[1] = *b
		*b = pageBucket{begin: now}
	}
	b := &c.least[0]
	if diff := now.Sub(milliseconds(stamp)); !b.any || diff < b.diff {
		b.diff, b.any = diff, true
	}
}

// time returns an instant of the page on the capture clock; false before any is known.
func (c *pageClock) time(stamp float64) (capture.Time, bool) {
	a, b := c.least[0], c.least[1]
	switch {
	case !a.any:
		return 0, false
	case b.any && b.diff < a.diff:
		a = b
	}
	return milliseconds(stamp).Add(a.diff), true
}

func milliseconds(ms float64) capture.Time { return capture.Time(ms * float64(time.Millisecond)) }

// anchor finds out when the timestamp 0 of a track's line is on the capture clock, so
// that a frame's time is when the page played it: then the files of tracks agree with
// each other, and with what is heard and seen in the composed recording. Until
// something was played, it is when the frames came.
type anchor struct {
	base   capture.Time // in use
	set    bool
	moved  time.Duration  // of the line when base was last changed
	played []capture.Time // what the last observations say
	came   capture.Time   // the earliest arrival, less the time of its line
	some   bool
}

const (
	anchorLooks = 9                       // observations of which the middle one counts
	anchorSlew  = 2 * time.Millisecond    // a second of the line: 0.2 %, which nobody hears
	anchorJump  = 250 * time.Millisecond  // more than that was no drift
	playedAfter = 1000 * time.Millisecond // a frame that was not played by then will not be waited for
)

// arrived takes when a frame came.
func (a *anchor) arrived(now capture.Time, line time.Duration) {
	if at := now.Add(-line); !a.some || at < a.came {
		a.came, a.some = at, true
	}
}

// playedAt takes when a frame was played.
func (a *anchor) playedAt(at capture.Time, line time.Duration) {
	a.played = append(a.played, at.Add(-line))
	if len(a.played) > anchorLooks {
		a.played = a.played[1:]
	}
}

// known tells whether something was played.
func (a *anchor) known() bool { return len(a.played) > 0 }

// wanted is what the observations say.
func (a *anchor) wanted() capture.Time {
	if !a.known() {
		return a.came
	}
	sorted := slices.Sorted(slices.Values(a.played))
	return sorted[len(sorted)/2]
}

// at returns when an instant of the line is, on the capture clock. It follows what is
// observed slowly.
func (a *anchor) at(line time.Duration) capture.Time {
	want := a.wanted()
	off := want.Sub(a.base)
	switch {
	case !a.set || off.Abs() > anchorJump:
		a.base, a.set, a.moved = want, true, line
	case line > a.moved:
		most := time.Duration(float64(line-a.moved) * float64(anchorSlew) / float64(time.Second))
		a.base = a.base.Add(max(-most, min(most, off)))
		a.moved = line
	}
	return a.base.Add(line)
}
