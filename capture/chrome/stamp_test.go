package chrome

import (
	"testing"
	"time"

	"beam/capture"
)

// TestCaptured gives frames the times that Chrome may tell: the wall clock counts
// only where there is no believable monotonic time.
func TestCaptured(t *testing.T) {
	now := capture.FromMonotonic(5000 * time.Second)
	wall := time.Unix(1_790_000_000, 0)
	at := func(d time.Duration) float64 { return float64(wall.Add(d).UnixNano()) / 1e9 }
	for _, c := range []struct {
		name            string
		monotonic, wall float64
		want            time.Duration // from now
	}{
		{"both", 4999.9, at(-100 * time.Millisecond), -100 * time.Millisecond},
		{"seen a moment later", 5000.008, at(8 * time.Millisecond), 8 * time.Millisecond},
		{"the wall clock was set forward", 4999.9, at(-time.Hour), -100 * time.Millisecond},
		{"the wall clock was set back a little", 4999.9, at(2 * time.Second), -100 * time.Millisecond},
		{"Chrome before 156", 0, at(-100 * time.Millisecond), -100 * time.Millisecond},
		{"Chrome in another time namespace", 90000, at(-100 * time.Millisecond), -100 * time.Millisecond},
		{"the wall clock was set while it was under way", 0, at(-time.Hour), 0},
		{"no time at all", 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := captured(shot{monotonic: c.monotonic, wall: c.wall}, now, wall).Sub(now)
			if off := got - c.want; off.Abs() > time.Millisecond { // a float64 holds the date to 0.2 us
				t.Errorf("captured %v from now, want %v", got, c.want)
			}
		})
	}
}

// TestCapturedAfterStep sets the wall clock while frames come from a Chrome that
// knows no other: those after it are where they belong.
func TestCapturedAfterStep(t *testing.T) {
	wall := time.Unix(1_790_000_000, 0)
	for n := range 60 {
		if n == 30 {
			wall = wall.Add(5 * time.Second)
		}
		want := capture.Time(n) * capture.Time(time.Second) / 30
		swapped := wall.Add(time.Duration(want))
		const under = 40 * time.Millisecond // way
		f := shot{wall: float64(swapped.UnixNano()) / 1e9}
		got := captured(f, want.Add(under), swapped.Add(under))
		if off := got.Sub(want); off.Abs() > time.Millisecond {
			t.Errorf("frame %d is off by %v", n, off)
		}
	}
}
