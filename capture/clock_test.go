package capture

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestClock: 60 refreshes of Chrome's screen are one second, whenever, and
// CLOCK_MONOTONIC is told back to the nanosecond.
func TestClock(t *testing.T) {
	const refresh = 16666 * time.Microsecond
	for _, boot := range []time.Duration{0, time.Millisecond, time.Hour, 1000 * 24 * time.Hour} {
		begin := FromMonotonic(boot)
		for _, seconds := range []int{1, 60, 3600, 24 * 3600} {
			got := FromMonotonic(boot + time.Duration(seconds)*60*refresh).Sub(begin)
			if off := got - time.Duration(seconds)*time.Second; off.Abs() > 1 {
				t.Errorf("%d times 60 refreshes, %v after the boot, are off by %v", seconds, boot, off)
			}
		}
		for i := range time.Duration(30000) {
			at := boot + i*7
			if off := FromMonotonic(at).Monotonic() - at; off.Abs() > 1 {
				t.Fatalf("%v becomes %v off", at, off)
			}
		}
	}
}

func TestNow(t *testing.T) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	before := time.Duration(ts.Nano())
	now := Now().Monotonic()
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	if after := time.Duration(ts.Nano()); now < before-1 || now > after {
		t.Errorf("now is %v, between %v and %v", now, before, after)
	}
}
