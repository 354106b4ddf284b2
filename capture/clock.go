package capture

import (
	"time"

	"golang.org/x/sys/unix"
)

// Time is an instant on CLOCK_MONOTONIC, as nanoseconds since the machine's
// boot. It is the clock that Chromium stamps its frame swaps with and that sound
// is mapped to, so instants of both can be compared. It stands still while the
// machine is suspended.
type Time int64

// Now returns the present instant of CLOCK_MONOTONIC.
func Now() Time {
	var ts unix.Timespec
	// clock_gettime(CLOCK_MONOTONIC) can't fail on Linux (clock_gettime(2)).
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return Time(ts.Nano())
}

// Add returns the instant d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time from u to t; negative when t is earlier.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }
