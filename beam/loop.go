package beam

import (
	"context"
	"time"

	"beam/capture"
	"beam/layout"
)

const (
	loopTick      = 100 * time.Millisecond
	progressEvery = time.Second
)

// loop waits while a segment is recorded, or a pause lasts, for whatever ends
// it. It decides nothing itself: the verdicts are pure functions.
type loop struct {
	now      func() capture.Time
	rules    stopRules
	fps      int
	messages <-chan layout.Message // of the page
	requests <-chan command
	engines  <-chan engineRequest
	faults   <-chan error // of goroutines: the first ends the recording
	notice   func(format string, args ...any)
	facts    func(now capture.Time, segment live) stopFacts
	// replaceable tells whether an encoder that was lost at now may be replaced;
	// each call counts as a loss.
	replaceable func(now capture.Time) bool
	pausing     func(now capture.Time)                                    // called when a pause begins
	watch       func()                                                    // called every loopTick
	progress    func(now capture.Time, since time.Duration, segment live) // called every progressEvery
}

// await returns how the segment ends; nil stands for a pause.
func (l *loop) await(stop, hard context.Context, segment live) verdict {
	tick := time.NewTicker(loopTick)
	defer tick.Stop()
	var encoder <-chan struct{}
	var engines <-chan engineRequest
	if segment != nil {
		encoder, engines = segment.encoderEnded(), l.engines
	}
	var told capture.Time // when progress was told last
	for {
		select {
		case <-hard.Done():
			return endVerdict(l.now(), ReasonAsked, nil)
		case <-stop.Done():
			return endVerdict(l.now(), ReasonAsked, nil)
		case m := <-l.messages:
			if text := messageNotice(m); text != "" {
				l.notice("%s", text)
			}
			if v, ends := messageVerdict(l.now(), m); ends {
				return v
			}
		case c := <-l.requests:
			if v, ends := l.handleCommand(c, segment); ends {
				return v
			}
		case err := <-l.faults:
			return faultVerdict(l.now(), err)
		case request := <-engines:
			if v, ends := engineVerdict(l.now(), segment.from(), l.fps, request); ends {
				return v
			}
		case <-encoder:
			now := l.now()
			return encoderVerdict(now, segment.encoderFault(), l.replaceable(now))
		case <-tick.C:
			now := l.now()
			if reason, ends := l.rules.decide(l.facts(now, segment)); ends {
				return endVerdict(l.limitEnd(now, segment), reason, ruleFault(reason))
			}
			l.watch()
			if segment != nil {
				_ = segment.checkEncoder(now) // what was given up ends, and is seen above
			}
			if since := now.Sub(told); since >= progressEvery {
				l.progress(now, since, segment)
				told = now
			}
		}
	}
}

// handleCommand answers a request of the user. It returns a verdict when the
// segment or the pause ends by it.
func (l *loop) handleCommand(c command, segment live) (v verdict, ends bool) {
	now := l.now()
	var from *beginning
	if segment != nil {
		b := segment.from()
		from = &b
	}
	v, err := commandVerdict(now, c.pause, from, l.fps)
	if err == nil && v.next == nextPause {
		l.pausing(now)
	}
	c.answer <- err
	return v, err == nil
}

// limitEnd is the end of a recording that a rule ends at now: not later than
// the longest it may become.
func (l *loop) limitEnd(now capture.Time, segment live) capture.Time {
	if segment == nil {
		return now
	}
	from := segment.from()
	return min(now, from.start.Add(l.rules.limit()-from.offset))
}
