package beam

import (
	"testing"
	"time"

	"beam/capture"
)

func TestRates(t *testing.T) {
	r := rates{asked: 30}
	r.set(capture.Time(10*time.Second), 12, "saturated")
	r.set(capture.Time(40*time.Second), 30, "idle")
	f := r.figures(func(at capture.Time) time.Duration { return time.Duration(at) }, 100*time.Second)
	if f.Lowered != 1 || f.Lowest != 12 || f.Mean != 24.6 || len(f.Changes) != 2 || f.Changes[0].At != 10 || f.Changes[1].FPS != 30 {
		t.Errorf("%+v", f)
	}
}
