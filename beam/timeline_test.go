package beam

import (
	"testing"
	"time"

	"beam/beam/report"
	"beam/capture"
)

// What falls into a pause is where the next segment begins.
func TestPosition(t *testing.T) {
	second := capture.Time(time.Second)
	k := &timeline{length: 9 * time.Second, segments: []*segment{
		{beginning: beginning{start: 10 * second}}, {beginning: beginning{start: 20 * second, offset: 5 * time.Second}},
	}}
	for at, want := range map[capture.Time]time.Duration{
		9: 0, 10: 0, 12: 2 * time.Second, 15: 5 * time.Second, 18: 5 * time.Second, 20: 5 * time.Second, 23: 8 * time.Second, 60: 9 * time.Second,
	} {
		if got := k.position(at * second); got != want {
			t.Errorf("second %d is at %v, want %v", at, got, want)
		}
	}
	if p := k.pauses(); len(p) != 1 || p[0] != (report.Interval{From: 5, To: 10}) {
		t.Errorf("pauses %+v", p)
	}
	s := k.all()[0]
	if got := s.whole(s.start.Add(1049*time.Millisecond), 30); got.Sub(s.start) != 31*time.Second/30 {
		t.Errorf("grid %v", got.Sub(s.start))
	}
}
