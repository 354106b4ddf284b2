package procstat

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"
)

// The figures are of the machine, so what can be said of them is that they are
// there and that they add up.
func TestProbe(t *testing.T) {
	s, err := Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	for name, v := range map[string]float64{"fault": s.FaultNs, "copy": s.CopyGBs, "compute": s.ComputeNs, "pair": s.Pair} {
		if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
			t.Errorf("%s is %v", name, v)
		}
	}
	if s.Pair > 2 || pair([]int{0}, s.ComputeNs) != 1 {
		t.Errorf("two threads do %v times the work of one, one %v", s.Pair, pair([]int{0}, s.ComputeNs))
	}
	if s.Factor != grabParts.factor(s) || s.ScreencastFactor != screencastParts.factor(s) || s.Took <= 0 {
		t.Errorf("%+v", s)
	}
}

func TestProbeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Probe(ctx); !errors.Is(err, context.Canceled) || s != (Speed{}) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestFactor(t *testing.T) {
	reference := Speed{FaultNs: referenceFaultNs, CopyGBs: referenceCopyGBs, ComputeNs: referenceComputeNs}
	slowFaults, half := reference, reference
	slowFaults.FaultNs = 13_000
	half.FaultNs, half.CopyGBs, half.ComputeNs = 2*half.FaultNs, half.CopyGBs/2, 2*half.ComputeNs
	tests := map[string]struct {
		speed            Speed
		grab, screencast float64
	}{
		"the reference":         {reference, 1, 1},
		"half as fast":          {half, 2, 2},
		"page faults of 13 us:": {slowFaults, 1.45, 8.68},
	}
	for name, test := range tests {
		if g, s := grabParts.factor(test.speed), screencastParts.factor(test.speed); math.Abs(g-test.grab) > 0.01 || math.Abs(s-test.screencast) > 0.01 {
			t.Errorf("%s: %.2f and %.2f, want %.2f and %.2f", name, g, s, test.grab, test.screencast)
		}
	}
}

// A moment in which the machine was taken away does not show.
func TestMiddle(t *testing.T) {
	if got := middle([]time.Duration{3, 900, 2, 1, 4}); got != 3 {
		t.Errorf("got %d", got)
	}
}

// The memory that is touched is as much as is said.
func TestFaults(t *testing.T) {
	memory := make([]byte, faultPages*pageSize)
	ns, touched := faults(memory)
	if touched != len(memory) || ns <= 0 {
		t.Errorf("%v ns, %d of %d bytes", ns, touched, len(memory))
	}
	for at := 0; at < touched; at += pageSize {
		if memory[at] != 1 {
			t.Fatalf("byte %d is not touched", at)
		}
	}
}

func BenchmarkProbe(b *testing.B) {
	var last Speed
	for b.Loop() {
		s, err := Probe(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		last = s
	}
	b.ReportMetric(last.FaultNs, "ns/fault")
	b.ReportMetric(last.CopyGBs, "GB/s")
	b.ReportMetric(last.ComputeNs, "ns/round")
	b.ReportMetric(last.Pair, "pair")
	b.ReportMetric(last.Factor, "factor")
}
