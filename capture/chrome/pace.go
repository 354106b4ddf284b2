package chrome

import (
	"time"

	"beam/capture"
)

// pace says when frames are to be acknowledged so that Chrome makes no more of
// them than are wanted: a page that paints at 60 Hz would otherwise have 60
// JPEGs made a second, half of them for nothing. It is a token bucket: the rate
// holds in the long run, and a few pictures in a row may come closer together,
// as those of a 30 fps video do on a 60 Hz screen.
type pace struct {
	interval time.Duration // between two acknowledgements; 0 for no pace
	due      capture.Time  // of the next one
}

const (
	// paceMargin is how much above the wanted rate the pace lies, so that it
	// never holds back a source of just that rate.
	paceMargin = 1.06
	// paceBurst is how many acknowledgements may come at once.
	paceBurst = 2
)

func newPace(fps float64) pace {
	if fps <= 0 {
		return pace{}
	}
	return pace{interval: time.Duration(float64(time.Second) / (fps * paceMargin))}
}

// next returns how long to wait before the acknowledgement that is due now.
func (p *pace) next(now capture.Time) time.Duration {
	if p.interval == 0 {
		return 0
	}
	earliest := now.Add(-paceBurst * p.interval)
	p.due = max(p.due, earliest).Add(p.interval)
	return max(0, p.due.Sub(now))
}
