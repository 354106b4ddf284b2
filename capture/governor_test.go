package capture_test

import (
	"testing"
	"time"

	"beam/capture"
)

// run lets a governor at 30 fps see a lag for a while, ten times a second.
func run(g *capture.Governor, now *capture.Time, lag, during time.Duration) {
	for end := now.Add(during); *now < end; *now = now.Add(100 * time.Millisecond) {
		g.Observe(*now, lag)
	}
}

func TestGovernor(t *testing.T) {
	now := ms(1000)
	g := capture.NewGovernor(30, now)
	run(g, &now, 300*time.Millisecond, 10*time.Second)
	if g.Rate() != 30 {
		t.Errorf("a small lag lowered the rate to %v", g.Rate())
	}
	run(g, &now, time.Second, 500*time.Millisecond)
	if g.Rate() != 15 {
		t.Errorf("half a second of lag: rate %v, want 15", g.Rate())
	}
	run(g, &now, time.Second, 5*time.Second)
	if g.Rate() != 30./4 {
		t.Errorf("five seconds more: rate %v, want one step every two seconds, 7.5", g.Rate())
	}
	run(g, &now, time.Second, time.Minute)
	if g.Rate() < 5 {
		t.Errorf("the rate fell to %v, below the lowest", g.Rate())
	}
	lowered := g.Lowered()
	run(g, &now, 0, 14*time.Second)
	if g.Rate() != 5 {
		t.Errorf("the rate rose to %v before the machine had been calm for long", g.Rate())
	}
	run(g, &now, 0, 3*time.Minute)
	if g.Rate() != 30 {
		t.Errorf("after minutes of calm the rate is %v, want 30", g.Rate())
	}
	if g.Lowered() != lowered {
		t.Error("rising counts as lowering")
	}
}

func TestGovernorAtLowRate(t *testing.T) {
	now := ms(0)
	g := capture.NewGovernor(5, now)
	run(g, &now, 10*time.Second, time.Minute)
	if g.Rate() != 5 {
		t.Errorf("rate %v: a recording at 5 fps has nothing to give", g.Rate())
	}
}
