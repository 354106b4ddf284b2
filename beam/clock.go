package beam

import (
	"time"

	"beam/capture"
)

// wallClock returns the instant of the wall clock that stands for an instant of
// the monotonic clock. The tightest of some readings is used, so that being
// scheduled away in between does no harm.
func wallClock(at capture.Time) time.Time {
	var best time.Duration = time.Hour
	var wall time.Time
	for range 5 {
		before := capture.Now()
		now := time.Now()
		after := capture.Now()
		if width := after.Sub(before); width < best {
			best = width
			middle := before.Add(width / 2)
			wall = now.Add(at.Sub(middle))
		}
	}
	return wall.Round(0) // without Go's own monotonic reading
}
