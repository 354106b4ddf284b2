package beam

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/capture"
)

func TestLosses(t *testing.T) {
	var l losses
	now := Time(0)
	for n := range mostLost {
		if !l.allow(lostBrowser, now) {
			t.Fatalf("loss %d is one too many", n+1)
		}
		now = now.Add(time.Minute)
	}
	if !l.allow(lostEncoder, now) {
		t.Error("a loss of something else counts")
	}
	if l.repeated(now) {
		t.Error("repeated before it was one too many")
	}
	if l.allow(lostBrowser, now) || !l.repeated(now) || l.count(lostBrowser) != mostLost+1 {
		t.Error("a fourth loss within minutes is allowed")
	}
	for range 10 { // one an hour is repaired as often as it comes
		now = now.Add(time.Hour)
		if !l.allow(lostBrowser, now) {
			t.Fatal("old losses count")
		}
	}
}

func TestGapsReport(t *testing.T) {
	var g gaps
	g.add(lostDisplay, Time(2*time.Second), Time(5500*time.Millisecond), errors.New("it was killed"))
	got := g.report(func(at Time) time.Duration { return time.Duration(at) + time.Second })
	if len(got) != 1 || got[0] != (GapReport{At: 3, Seconds: 3.5, Lost: lostDisplay, Cause: "it was killed"}) {
		t.Errorf("%+v", got)
	}
}

func TestWorthRetrying(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{errors.New("anything"), false},
		{&fault.Fault{Class: fault.ClassRoom, Err: errors.New("refused")}, false},
		{&fault.Fault{Class: fault.ClassRoom, Err: errors.New("slow"), Passing: true}, true},
		{fmt.Errorf("wrapped: %w", &capture.Fault{Class: capture.ClassBrowser, Passing: true}), true},
		{&capture.Fault{Class: capture.ClassRoom}, false},
	} {
		if got := fault.Retryable(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}

func TestRates(t *testing.T) {
	r := rates{asked: 30}
	r.set(Time(10*time.Second), 12, "saturated")
	r.set(Time(40*time.Second), 30, "idle")
	f := r.figures(func(at Time) time.Duration { return time.Duration(at) }, 100*time.Second)
	if f.Lowered != 1 || f.Lowest != 12 || f.Mean != 24.6 || len(f.Changes) != 2 || f.Changes[0].At != 10 || f.Changes[1].FPS != 30 {
		t.Errorf("%+v", f)
	}
}

func TestPacer(t *testing.T) {
	p := newPacer(30)
	var got []float64
	p.follow(func(rate float64) { got = append(got, rate) })
	p.set(12)
	p.follow(func(rate float64) { got = append(got, 100+rate) })
	p.set(15)
	if fmt.Sprint(got) != "[30 12 112 115]" {
		t.Errorf("rates %v", got)
	}
}
