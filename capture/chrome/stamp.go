package chrome

import (
	"time"

	"beam/capture"
)

// sane is how far a frame's time may be from now to be believed.
const sane = 10 * time.Second

// captured returns the capture time of a frame that arrived at now, when the wall
// clock showed wall.
//
// Since Chromium 156 a frame carries the time of its swap on CLOCK_MONOTONIC
// (Chrome's TimeTicks on Linux), which is believed. A swap is stamped with
// the time at which it will be seen, so it can lie some milliseconds ahead of
// now. Older ones tell the wall clock only: how old the frame is by that clock it
// is by the other one too, as both run at the same rate (adjtimex(2)). So a step
// of the wall clock meets only the frames that are on their way. A frame without
// a believable time was captured when it arrived.
func captured(f shot, now capture.Time, wall time.Time) capture.Time {
	if t := capture.FromMonotonic(seconds(f.monotonic)); f.monotonic > 0 && now.Sub(t).Abs() < sane {
		return t
	}
	if age := time.Duration(wall.UnixNano()) - seconds(f.wall); f.wall > 0 && age.Abs() < sane {
		return now.Add(-age)
	}
	return now
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
