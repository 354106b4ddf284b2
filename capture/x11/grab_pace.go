package x11

import (
	"time"

	"beam/capture"
)

// pace says when the next grab may be, so that a page that paints at 60 Hz isn't
// grabbed twice for each frame of a recording. It is a token bucket: the rate
// holds in the long run, and a few grabs in a row may come closer together, as
// the pictures of a 30 fps video do on a 60 Hz screen.
type pace struct {
	interval time.Duration // between two grabs; 0 for no pace
	due      capture.Time  // when the last grab would have been at an even pace
}

const (
	// paceMargin is how much above the wanted rate the pace lies, so that it
	// never holds back a source of just that rate.
	paceMargin = 1.06
	// paceBurst is how many grabs may come at once.
	paceBurst = 2
)

func (p *pace) setRate(fps float64) {
	p.interval = 0
	if fps > 0 {
		p.interval = time.Duration(float64(time.Second) / (fps * paceMargin))
	}
	// What the slower rate owed doesn't hold back the faster one.
	p.due = 0
}

func (p *pace) next(now capture.Time) capture.Time {
	return max(p.due, now.Add(-paceBurst*p.interval)).Add(p.interval)
}

// wait returns how long it is until a grab may be; 0 or less for now.
func (p *pace) wait(now capture.Time) time.Duration { return p.next(now).Sub(now) }

// spend notes a grab.
func (p *pace) spend(now capture.Time) { p.due = p.next(now) }
