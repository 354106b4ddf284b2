package capture

import "time"

// Governor lowers the rate of the pictures step by step when the encoder can't
// keep up, and raises it again when it can. It never touches the sound. It is a
// pure decision: the caller tells it how far the encoder lags behind.
type Governor struct {
	fps   float64
	step  int
	since Time // of the last change
	calm  Time // since when the lag has been small; 0 when it is not
	lower int
}

// The lag above which the rate is lowered, the lag below which it may rise
// again, and how long each must be seen. A step up waits long, because every
// change of rate can be seen in the picture.
const (
	lagHigh   = 600 * time.Millisecond
	lagLow    = 200 * time.Millisecond
	stepDown  = 2 * time.Second
	stepUp    = 15 * time.Second
	lowestFPS = 5
)

// NewGovernor returns a Governor for a recording at fps pictures a second.
func NewGovernor(fps float64, now Time) *Governor {
	return &Governor{fps: fps, step: 1, since: now.Add(-stepDown)}
}

// Observe takes the time by which the encoder is behind, and returns how many
// slots of the grid one picture has to cover: 1 at the full rate. changed is
// true when that is not what the last call returned.
func (g *Governor) Observe(now Time, lag time.Duration) (every int, changed bool) {
	if lag >= lagLow {
		g.calm = 0
	} else if g.calm == 0 {
		g.calm = now
	}
	switch {
	case lag > lagHigh && now.Sub(g.since) >= stepDown && g.fps/float64(g.step+1) >= lowestFPS:
		g.step++
		g.lower++
	case g.step > 1 && g.calm != 0 && now.Sub(g.calm) >= stepUp && now.Sub(g.since) >= stepUp:
		g.step--
	default:
		return g.step, false
	}
	g.since = now
	return g.step, true
}

// Rate returns the present rate in pictures a second.
func (g *Governor) Rate() float64 { return g.fps / float64(g.step) }

// Lowered returns how many times the rate was lowered.
func (g *Governor) Lowered() int { return g.lower }
