package beam

import (
	"time"

	"beam/capture"
)

// beginning is where a segment begins.
type beginning struct {
	start  capture.Time  // capture time of its first instant
	offset time.Duration // the same instant on the recording's time
	engine string        // that its frames come from
}

// at returns an instant of the segment on the recording's time.
func (b beginning) at(t capture.Time) time.Duration { return b.offset + max(0, t.Sub(b.start)) }

// whole returns the last instant up to t at which a frame of the grid begins,
// so that the next segment goes on with the grid.
func (b beginning) whole(t capture.Time, fps int) capture.Time {
	frames := int64(t.Sub(b.start).Seconds() * float64(fps))
	return b.start.Add(time.Duration(frames) * time.Second / time.Duration(fps))
}
