package capture

import (
	"time"

	"golang.org/x/sys/unix"
)

// Time is an instant on the recording's clock, in nanoseconds since the machine's
// boot: CLOCK_MONOTONIC, which Chromium stamps its frame swaps with, the X server
// its paints, and audio is mapped to, so that instants of all of them can be
// compared. It stands still while the machine is suspended.
//
// It runs 40 millionths faster than CLOCK_MONOTONIC does, so that a refresh of
// Chrome's screen takes exactly a sixtieth of a second of it. Chrome counts its
// 60 Hz in whole microseconds, and a grid of 30 frames a second would go out of
// step with them by 2.4 ms a minute, which is seen as video that wanders against
// the audio. As all times of a recording are on this one clock, nothing wanders;
// an hour of it is 144 ms short of an hour.
type Time int64

// Chrome refreshes its screen each 16666 us (base::Hertz(60) in whole
// microseconds), which are 1/60 s of the recording's clock: that is 25000 for
// 24999 of CLOCK_MONOTONIC.
const (
	clockTicks     = 25000
	monotonicTicks = 24999
)

// FromMonotonic returns the instant at which CLOCK_MONOTONIC shows t.
func FromMonotonic(t time.Duration) Time { return Time(t + t/monotonicTicks) }

// Monotonic returns what CLOCK_MONOTONIC shows at the instant.
func (t Time) Monotonic() time.Duration { return time.Duration(t - t/clockTicks) }

// Now returns the present instant.
func Now() Time {
	var ts unix.Timespec
	// clock_gettime(CLOCK_MONOTONIC) can't fail on Linux (clock_gettime(2)).
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return FromMonotonic(time.Duration(ts.Nano()))
}

// Add returns the instant d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time from u to t; negative when t is earlier.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }
