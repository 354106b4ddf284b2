package chrome

import (
	"testing"
	"time"

	"beam/capture"
)

// A page at 60 Hz is held to the wanted rate; one at that rate, jittering by a
// refresh of the screen, is not held back at all.
func TestPace(t *testing.T) {
	const refresh = time.Second / 60
	const boot = capture.Time(time.Hour)
	p := newPace(30)
	taken := 0
	free := capture.Time(0)
	for i := range 600 { // ten seconds at 60 Hz
		now := boot + capture.Time(i)*capture.Time(refresh)
		if now < free {
			continue // not acknowledged: Chrome makes no picture
		}
		taken++
		free = now.Add(p.next(now))
	}
	if taken < 300 || taken > 330 {
		t.Errorf("%d pictures of a 60 Hz page in ten seconds, want some 318", taken)
	}

	p = newPace(30)
	for i := range 300 {
		at := boot + capture.Time(i)*capture.Time(2*refresh) + capture.Time(i%2)*capture.Time(refresh)
		if wait := p.next(at); wait > refresh {
			t.Fatalf("picture %d of a jittering 30 fps video is held back by %v", i, wait)
		}
	}
	if unpaced := newPace(0); unpaced.next(1) != 0 {
		t.Error("no wanted rate, but a wait")
	}
}
