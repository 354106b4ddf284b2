package beam

import (
	"errors"
	"testing"
	"time"

	"beam/beam/report"
	"beam/capture"
)

func TestLosses(t *testing.T) {
	var l losses
	now := capture.Time(0)
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
	g.add(lostDisplay, capture.Time(2*time.Second), capture.Time(5500*time.Millisecond), errors.New("it was killed"))
	got := g.report(func(at capture.Time) time.Duration { return time.Duration(at) + time.Second })
	if len(got) != 1 || got[0] != (report.Gap{At: 3, Seconds: 3.5, Lost: lostDisplay, Cause: "it was killed"}) {
		t.Errorf("%+v", got)
	}
}
