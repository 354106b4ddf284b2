package video

import (
	"math"
	"time"

	"beam/capture"
)

// Governor finds the rate of frames that the machine can carry. It lowers the
// rate when the recording falls behind, straight to the rate that fits, and
// raises it when measured idle time pays for more. The rate is meant to be set
// at the source, in Chrome or in the grabber of the display, so that what is
// saved is saved before the frame is made. It never touches the audio.
//
// It is a pure decision for either engine: it reads no clock and starts
// nothing. The caller measures a Load about once a second. It is not safe for
// concurrent use.
type Governor struct {
	fps     float64
	rate    float64
	began   capture.Time // of the segment or the source
	queue   backlog
	bad     []judged // the last observations, all of them bad
	calm    []room   // the last observations, all of them calm, at the present rate
	costs   costs
	history changes
	vain    int // times that the rate was lowered for late frames, and they stayed late
	reason  Reason
}

// Load is what was measured over one interval, of about a second.
type Load struct {
	At         capture.Time  // end of the interval
	Interval   time.Duration // its length
	Frames     int           // new frames that the encoder's queue took
	Encoded    int           // new frames that left the queue for the encoder
	Refused    int           // new frames that found the queue full
	QueueAge   time.Duration // how long the head of the queue has been in it, at the end
	Delay      time.Duration // between capture and arrival, of nine tenths of the frames (Window.P90); 0 where unknown
	SourceCPU  time.Duration // processor time of all that makes frames: Chrome, Xvfb, Beam
	EncoderCPU time.Duration // processor time of ffmpeg
	Idle       time.Duration // processor time that nobody used and that this process may use: its cores' idle time, or what is left of its cgroup's quota where that is less
	Throttled  time.Duration // that the cgroup's quota took away (cpu.stat, throttled_usec)
}

// Reason says why a rate was set.
type Reason string

// The reasons.
const (
	ReasonStart     Reason = "start"     // the recording began
	ReasonQueue     Reason = "queue"     // the encoder was behind
	ReasonRefused   Reason = "refused"   // the encoder's queue was full
	ReasonDelay     Reason = "delay"     // frames arrived late from their source
	ReasonThrottled Reason = "throttled" // the cgroup's quota was used up
	ReasonIdle      Reason = "idle"      // there was time for more
)

const (
	// startup is how long a segment or a source is not judged after it began.
	// ffmpeg takes 0.7 to 1.4 s until it reads, on a loaded machine.
	startup = 2 * time.Second
	// badInARow is how many observations have to be bad before the rate is
	// lowered: one alone may be a hiccup of the machine. lateInARow is the same
	// for frames that only are late. That has time: Chrome makes no more than
	// three at once, and on a machine with many others the delay comes and goes.
	badInARow  = 2
	lateInARow = 5
	// hold is the least time between a change and the next step down. What a
	// change brings is seen when the queue, of some two seconds, has been emptied.
	hold = 5 * time.Second
	// mostInVain is how many times the rate is lowered for late frames that
	// then are as late: the first time may not have gone far enough, a third
	// time would not help either.
	mostInVain = 2

	mostQueueAge = 400 * time.Millisecond
	// mostDelay is more than Chrome needs for a frame at 1080p on the slowest
	// machine that was measured. At low rates 1.5 intervals are allowed: that
	// is half of what a saturated Chrome comes to, with 3 frames in flight.
	mostDelay         = 150 * time.Millisecond
	mostDelayInterval = 1.5
	// mostMissing is the part of the wanted frames that has to come for late
	// ones to be harmless.
	mostMissing = 0.9
	// mostThrottled is the part of an interval; a little is normal for a
	// process that stays below its quota on average.
	mostThrottled = 0.2

	// headroom is the part of what was carried in saturation that is asked
	// for: at the very edge the delays are as long as beyond it.
	headroom  = 0.92
	leastDrop = 0.85 // a step down is at least to this part of the rate
	mostDrop  = 0.2  // and at most to this: two seconds are little to judge by
	lowestFPS = 1
	// mostFallBack is the part of the rate before a failed rise below which
	// something else than the rise is to blame.
	mostFallBack = 0.7
)

// judged is an observation that was bad, and why.
type judged struct {
	load   Load
	reason Reason
}

// NewGovernor returns a Governor for a recording at fps frames a second.
func NewGovernor(fps float64) *Governor {
	return &Governor{fps: fps, rate: fps, history: changes{wait: riseWait}, reason: ReasonStart}
}

// Begin says that a segment or a source of frames began at now: the first two
// seconds from there on are not judged.
func (g *Governor) Begin(now capture.Time) {
	g.began = now
	g.bad, g.calm, g.queue = nil, nil, backlog{}
}

// Rate returns the rate that is asked for, in frames a second.
func (g *Governor) Rate() float64 { return g.rate }

// Reason returns why the rate is what it is.
func (g *Governor) Reason() Reason { return g.reason }

// Lowered returns how many times the rate was lowered.
func (g *Governor) Lowered() int { return g.history.lowered }

// Observe takes what was measured and returns the rate that is asked for from
// now on; changed is true when it is another one than before. Calls must be in
// order of Load.At.
func (g *Governor) Observe(l Load) (rate float64, changed bool) {
	if l.Interval <= 0 || l.At.Sub(g.began) < startup+l.Interval/2 {
		return g.rate, false
	}
	g.history.succeed(l.At)
	behind := g.queue.behind(l, max(g.began, g.history.last))
	reason, bad := g.judge(l, behind)
	switch {
	case bad:
		if g.bad = append(g.bad, judged{l, reason}); len(g.bad) > lateInARow {
			g.bad = g.bad[1:]
		}
		g.calm = nil
		if !g.lasts() || !g.history.settled(l.At) {
			return g.rate, false
		}
		return g.lower(l.At, reason)
	case l.Frames == 0 && len(g.bad) > 0:
		return g.rate, false // nothing arrived: no sign that it is better
	}
	g.bad = nil
	if len(g.calm) >= lateInARow {
		g.vain = 0
	}
	return g.raise(l)
}

// judge tells whether the recording fell behind in an interval, and how.
func (g *Governor) judge(l Load, behind bool) (Reason, bool) {
	delay := max(mostDelay, time.Duration(mostDelayInterval/g.rate*float64(time.Second)))
	switch {
	case l.Refused > 0:
		return ReasonRefused, true
	case behind:
		return ReasonQueue, true
	case l.Delay > delay:
		return ReasonDelay, true
	case l.Throttled.Seconds() > mostThrottled*l.Interval.Seconds():
		return ReasonThrottled, true
	}
	return "", false
}

// lasts tells whether the last observations are enough to lower the rate.
// Frames that are late, but all come, are no reason, nor are those that were
// late at two higher rates already: then the delay is the machine's, as with
// many others on it, and fewer frames would be just as late.
func (g *Governor) lasts() bool {
	n := len(g.bad)
	if n >= badInARow && g.bad[n-1].reason != ReasonDelay && g.bad[n-2].reason != ReasonDelay {
		return true
	}
	var frames, wanted float64
	for _, b := range g.bad {
		frames += float64(b.load.Frames)
		wanted += g.rate * b.load.Interval.Seconds()
	}
	return n == lateInARow && frames < mostMissing*wanted && g.vain < mostInVain
}

// lower sets the rate that was carried in the last bad observations.
func (g *Governor) lower(now capture.Time, reason Reason) (float64, bool) {
	lowest := min(lowestFPS, g.fps)
	if g.rate <= lowest {
		return g.rate, false // nothing left to give
	}
	if reason == ReasonDelay {
		g.vain++
	}
	most, bound := carried(g.bad)
	to := most * headroom
	to = max(mostDrop*g.rate, min(leastDrop*g.rate, to))
	if back := g.history.down(now, g.rate); to > mostFallBack*back {
		to = min(max(to, back), g.rate)
	}
	to = max(round(to), lowest)
	if bound {
		g.history.exceed(to/headroom, now.Add(boundFor))
	}
	return g.set(to, reason)
}

func (g *Governor) set(rate float64, reason Reason) (float64, bool) {
	g.costs.leave()
	g.rate, g.reason = rate, reason
	g.bad, g.calm, g.queue = nil, nil, backlog{}
	return rate, true
}

// round keeps a rate to what can be told apart: a half, or a tenth below 5.
func round(rate float64) float64 {
	if rate < 5 {
		return math.Floor(rate*10) / 10
	}
	return math.Floor(rate*2) / 2
}

// backlog follows the age of the encoder's queue since the last change.
type backlog struct {
	seen  bool
	least time.Duration // the lowest age
	prior time.Duration // the age at the last observation
	mark  time.Duration // the age when it last was clearly lower than before
	stuck time.Duration // for how long it has not become clearly lower, nor low
}

const (
	// growth is a change of the queue's age that counts as one.
	growth = 100 * time.Millisecond
	// mostStuck is how long a queue may be old without growing. What gathers
	// while ffmpeg starts or is replaced is worked off slowly by a machine that
	// just copes; nothing is lost by that.
	mostStuck = 30 * time.Second
)

// behind tells whether the queue is too old and does not get better by itself.
// What was queued before the rate was changed, or before the segment began,
// says nothing.
func (b *backlog) behind(l Load, changed capture.Time) bool {
	if l.At.Add(-l.QueueAge) < changed {
		return false
	}
	if !b.seen {
		*b = backlog{seen: true, least: l.QueueAge, mark: l.QueueAge}
	}
	b.least = min(b.least, l.QueueAge)
	if l.QueueAge <= mostQueueAge || l.QueueAge <= b.mark-growth {
		b.mark, b.stuck = l.QueueAge, 0
	} else {
		b.stuck += l.Interval
	}
	grows := l.QueueAge >= b.least+growth && l.QueueAge >= b.prior
	b.prior = l.QueueAge
	return l.QueueAge > mostQueueAge && (grows || b.stuck > mostStuck)
}
