package chrome

import (
	"time"

	"beam/capture"
)

// stamper turns the times of screencast frames into capture times.
//
// Since Chromium 156 a frame carries the time of its swap on CLOCK_MONOTONIC
// (Chrome's TimeTicks on Linux), which is used as it is. Older ones tell the
// wall clock only; its distance to the monotonic clock is taken once, so that
// all pictures are off by the same amount. A swap is stamped with the time at
// which it will be seen, so it can lie some milliseconds ahead of now.
type stamper struct {
	offset capture.Time // monotonic minus wall, at the start
}

// sane is how far a frame's time may be from now to be believed.
const sane = 10 * time.Second

func newStamper(now capture.Time, wall time.Time) stamper {
	return stamper{offset: now - capture.Time(wall.UnixNano())}
}

// at returns the capture time of a frame that arrived at now. A frame without
// a believable time was captured when it arrived.
func (s stamper) at(f shot, now capture.Time) capture.Time {
	if t := seconds(f.monotonic); f.monotonic > 0 && now.Sub(t).Abs() < sane {
		return t
	}
	if t := seconds(f.wall) + s.offset; f.wall > 0 && now.Sub(t).Abs() < sane {
		return t
	}
	return now
}

func seconds(s float64) capture.Time { return capture.Time(s * float64(time.Second)) }
