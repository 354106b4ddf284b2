package doctor

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// wallClock is what the kernel tells of the wall clock (adjtimex(2)).
type wallClock struct {
	Err      error
	Synced   bool
	MaxError time.Duration // the kernel's bound, where Synced
	Now      time.Time
}

func lookAtClock() wallClock {
	var t unix.Timex // no mode: nothing is set
	state, err := unix.Adjtimex(&t)
	return wallClock{
		Err: err, Synced: err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0,
		MaxError: time.Duration(t.Maxerror) * time.Microsecond, Now: time.Now(),
	}
}

// notBefore is a date that no clock that is right shows any more.
var notBefore = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)

const syncFix = "synchronise it (Debian: apt-get install systemd-timesyncd; in a container, on the host); beam validate s3://BUCKET compares it with the bucket's"

func judgeClock(c wallClock) Finding {
	f := Finding{ID: Clock, Title: "clock", Status: OK, Data: map[string]any{"synchronised": c.Synced, "now": c.Now.UTC().Format(time.RFC3339)}}
	const refused = "a bucket refuses requests when the clock is more than 5 minutes off"
	switch {
	case c.Now.Before(notBefore):
		f.Status, f.Found = Problem, fmt.Sprintf("it says %s: no certificate of a room or bucket is valid then", c.Now.UTC().Format(time.DateOnly))
		f.Fix = syncFix
	case c.Err != nil:
		f.Status, f.Found = Warning, fmt.Sprintf("can't tell whether it is synchronised (%v); %s", c.Err, refused)
		f.Fix = syncFix
	case !c.Synced:
		f.Status, f.Found = Warning, "not synchronised, says the kernel; "+refused
		f.Fix = syncFix
	default:
		f.Data["max_error_ms"] = float64(c.MaxError) / float64(time.Millisecond)
		f.Found = fmt.Sprintf("synchronised, to %v at worst", c.MaxError.Round(time.Millisecond))
	}
	return f
}
