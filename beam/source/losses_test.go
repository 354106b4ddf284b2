package source

import (
	"errors"
	"testing"
	"time"

	"beam/beam/report"
	"beam/capture"
)

func TestLosses(t *testing.T) {
	var l Losses
	now := capture.Time(0)
	for n := range mostLost {
		if !l.Allow(LostBrowser, now) {
			t.Fatalf("loss %d is one too many", n+1)
		}
		now = now.Add(time.Minute)
	}
	if !l.Allow(LostEncoder, now) {
		t.Error("a loss of something else counts")
	}
	if l.Repeated(now) {
		t.Error("repeated before it was one too many")
	}
	if l.Allow(LostBrowser, now) || !l.Repeated(now) || l.Count(LostBrowser) != mostLost+1 {
		t.Error("a fourth loss within minutes is allowed")
	}
	for range 10 { // one an hour is repaired as often as it comes
		now = now.Add(time.Hour)
		if !l.Allow(LostBrowser, now) {
			t.Fatal("old losses count")
		}
	}
}

func TestGapsReport(t *testing.T) {
	var g Gaps
	g.Add(LostDisplay, capture.Time(2*time.Second), capture.Time(5500*time.Millisecond), errors.New("it was killed"))
	got := g.Report(func(at capture.Time) time.Duration { return time.Duration(at) + time.Second })
	if len(got) != 1 || got[0] != (report.Gap{At: 3, Seconds: 3.5, Lost: LostDisplay, Cause: "it was killed"}) {
		t.Errorf("%+v", got)
	}
}
