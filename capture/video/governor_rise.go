package video

import (
	"math"
	"time"

	"beam/capture"
)

const (
	// riseWait is how long there has to be time for more frames before there
	// are more of them; it doubles with each rise that failed.
	riseWait = 15 * time.Second
	mostWait = 4 * time.Minute
	// boundFor is how long a rate that something else than processor time was
	// bound by stays the most.
	boundFor = 10 * time.Minute
	// success is how long a rise has to hold to count as one that did not fail.
	success = time.Minute
	// riseMargin is how many times the price of the further frames has to be idle.
	riseMargin = 1.3
	// safeMargin is the same for the last rise that mostChanges allows, where
	// the price is a guess.
	safeMargin = 2
	// leastRise is the least rise that is worth a change, as a part of the
	// rate; the full rate is always worth it.
	leastRise = 1.12
	// nearlyFull is the part of the full rate that is as good as the whole: the
	// margin is wide enough.
	nearlyFull = 0.95
	// A change can be seen. A rise is one more only where there were fewer
	// than mostChanges of them within changesIn.
	mostChanges = 3
	changesIn   = 5 * time.Minute
)

// raise takes a calm observation, and raises the rate once those of the last
// while pay for it.
func (g *Governor) raise(l Load) (float64, bool) {
	g.calm = append(g.calm, roomOf(l))
	// The first ones after a change may still belong to the rate before.
	if g.history.last != 0 && l.At.Sub(g.history.last) < startup+l.Interval/2 {
		g.calm = nil
		return g.rate, false
	}
	needed := int(riseWait / l.Interval)
	if extra := len(g.calm) - needed; extra > 0 {
		g.calm = g.calm[extra:]
	}
	g.costs.see(g.rate, g.calm)
	if g.rate >= g.fps || len(g.calm) < needed || !g.history.mayRise(l.At) {
		return g.rate, false
	}
	price := g.costs.frame()
	if price <= 0 {
		return g.rate, false // the page never painted as often as wanted
	}
	margin := riseMargin
	if g.history.count(l.At) == mostChanges-1 && !g.costs.sure() {
		margin = safeMargin
	}
	to := g.rate + g.costs.left(g.calm)/(margin*price)
	to = min(to, g.history.most(l.At))
	if to < nearlyFull*g.fps {
		to = round(to)
	} else {
		to = g.fps
	}
	if to < g.fps && to < leastRise*g.rate || to <= g.rate {
		return g.rate, false
	}
	g.history.up(l.At, g.rate)
	return g.set(to, ReasonIdle)
}

// changes is the history of the rate, as far as it limits the next change.
type changes struct {
	at      []capture.Time // of the changes, as far back as changesIn
	last    capture.Time   // of the last change, 0 for none
	rose    bool           // whether that was a rise, and has not yet held for long
	before  float64        // the rate before the last change
	wait    time.Duration  // the least time between a change and the next rise
	limit   float64        // a rate that was too much, 0 for none
	until   capture.Time   // how long that counts
	lowered int
}

// settled tells whether the rate may be lowered: what it was lowered to before
// has had its time.
func (c *changes) settled(now capture.Time) bool {
	return c.last == 0 || c.rose || now.Sub(c.last) >= hold
}

// count returns how many changes there lately were.
func (c *changes) count(now capture.Time) int {
	n := 0
	for _, at := range c.at {
		if now.Sub(at) < changesIn {
			n++
		}
	}
	return n
}

// mayRise tells whether it is time for a rise.
func (c *changes) mayRise(now capture.Time) bool {
	return c.count(now) < mostChanges && now.Sub(c.last) >= c.wait
}

// exceed says that a rate is too much for some time, whatever is idle.
func (c *changes) exceed(rate float64, until capture.Time) { c.limit, c.until = rate, until }

// most returns the rate up to which a rise may go, rounded.
func (c *changes) most(now capture.Time) float64 {
	if c.limit == 0 || now >= c.until {
		return math.Inf(1)
	}
	return round(c.limit * headroom)
}

// succeed notices that a rise has held for long enough.
func (c *changes) succeed(now capture.Time) {
	if c.rose && now.Sub(c.last) >= success {
		c.rose, c.wait = false, riseWait
	}
}

// down accounts for a rate that was too much, and returns the one to fall back
// to where it was a rise that failed: the rate before, which was carried; 0
// otherwise.
func (c *changes) down(now capture.Time, rate float64) (back float64) {
	c.lowered++
	if c.rose {
		back = c.before
		c.exceed(rate, now.Add(mostWait))
		c.wait = min(2*c.wait, mostWait)
	}
	c.change(now, rate)
	c.rose = false
	return back
}

// up accounts for a rise.
func (c *changes) up(now capture.Time, rate float64) {
	c.change(now, rate)
	c.rose = true
}

func (c *changes) change(now capture.Time, rate float64) {
	c.last, c.before = now, rate
	if c.at = append(c.at, now); len(c.at) > mostChanges {
		c.at = c.at[1:]
	}
}
