package video

import (
	"fmt"
	"testing"
	"time"

	"beam/capture"
)

func nobody(time.Duration) int { return 0 }

// machines returns machines from twice too fast to five times too slow for
// each size, rate and engine.
func machines() map[string]machine {
	all := map[string]machine{}
	for _, size := range []struct {
		name                        string
		page, source, encoder, grid float64 // at speed 1, which just carries 30 fps on two cores
	}{
		{"720p", 0.4, 0.030, 0.018, 0.05},
		{"1080p", 0.55, 0.028, 0.016, 0.1},
	} {
		for _, fps := range []float64{5, 15, 30, 60} {
			if size.name == "1080p" && fps != 30 {
				continue // much like 720p
			}
			for _, speed := range []float64{2, 1.2, 0.8, 0.4, 0.2} {
				for _, x11 := range []bool{false, true} {
					m := machine{
						cores: 2, page: size.page / max(speed, 0.4), source: size.source / speed, encoder: size.encoder / speed,
						grid: size.grid / speed, fps: fps, x11: x11, others: nobody,
					}
					if x11 {
						m.source /= 10
						m.encoder *= 2
					}
					all[fmt.Sprintf("%s at %v, speed %v, x11 %v", size.name, fps, speed, x11)] = m
				}
			}
		}
	}
	return all
}

// On every machine the governor comes to at least four fifths of what the best
// constant rate brings, with at most three changes in five minutes, and does
// nothing where the machine copes.
func TestGovernorConverges(t *testing.T) {
	for name, m := range machines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rate, best := m.best()
			g := NewGovernor(m.fps)
			o := m.run(2, 5*time.Minute, g, 0)
			got := o.fps(60, 300)
			t.Logf("best %.1f fps at %.1f; governed %.1f, rate %v, changes %v, freeze %v", best, rate, got, g.Rate(), o.changes, o.freeze)
			if got < 0.8*best {
				t.Errorf("%.1f fps, the best constant rate brings %.1f", got, best)
			}
			if len(o.changes) > 3 {
				t.Errorf("%d changes of rate: %v", len(o.changes), o.changes)
			}
			if limit := max(300*time.Millisecond, seconds(2.5/g.Rate())); o.freeze > limit {
				t.Errorf("a freeze of %v, at most %v is to be", o.freeze, limit)
			}
			if m.copes() && len(o.changes) > 0 {
				t.Errorf("the machine copes, but the rate was changed at %v", o.changes)
			}
		})
	}
}

// A busy neighbour costs frames while it is there; after that the full rate comes back.
func TestGovernorWithNeighbour(t *testing.T) {
	for _, x11 := range []bool{false, true} {
		m := machine{cores: 2, page: 0.4, source: 0.030, encoder: 0.016, grid: 0.05, fps: 30, x11: x11}
		if x11 {
			m.source, m.encoder = 0.006, 0.028
		}
		from, to := 60*time.Second, 150*time.Second
		m.others = func(now time.Duration) int {
			if now >= from && now < to {
				return 2
			}
			return 0
		}
		busy := m
		busy.others = func(time.Duration) int { return 2 }
		_, best := busy.best()
		g := NewGovernor(30)
		o := m.run(3, 10*time.Minute, g, 0)
		t.Logf("x11 %v: best beside the neighbour %.1f, governed %.1f, changes %v, rates %v to %v", x11, best, o.fps(75, 150), o.changes, o.rates[100], g.Rate())
		if best > 27 {
			t.Fatalf("the neighbour does no harm: %.1f fps", best)
		}
		if o.rates[59] != 30 {
			t.Errorf("x11 %v: rate %v before the neighbour came", x11, o.rates[59])
		}
		if got := o.fps(75, 150); got < 0.8*best {
			t.Errorf("x11 %v: %.1f fps beside the neighbour, the best constant rate brings %.1f", x11, got, best)
		}
		if o.rates[190] != 30 || g.Rate() != 30 {
			t.Errorf("x11 %v: rate %v forty seconds after the neighbour had gone, %v in the end", x11, o.rates[190], g.Rate())
		}
		if len(o.changes) > 4 {
			t.Errorf("x11 %v: changes at %v", x11, o.changes)
		}
	}
}

// A neighbour that comes and goes each minute does not make the rate swing with it.
func TestGovernorDoesNotSwing(t *testing.T) {
	m := machine{cores: 2, page: 0.4, source: 0.036, encoder: 0.016, grid: 0.05, fps: 30}
	m.others = func(now time.Duration) int { return 2 * int(now/time.Minute%2) }
	g := NewGovernor(30)
	o := m.run(4, 20*time.Minute, g, 0)
	t.Logf("changes %v", o.changes)
	for i := range o.changes {
		n := 0
		for _, c := range o.changes[i:] {
			if c-o.changes[i] < 5*time.Minute {
				n++
			}
		}
		if n > 4 { // three, and one that had to be
			t.Errorf("%d changes within five minutes from %v on", n, o.changes[i])
		}
	}
}

// A machine that copes is left alone, though the work of a frame varies and
// everything stands still for a moment now and then; one that does not is held.
func TestGovernorInNoise(t *testing.T) {
	for seed := range uint64(6) {
		m := machine{
			cores: 2, page: 0.4, source: 0.020, encoder: 0.012, grid: 0.05, fps: 30,
			others: nobody, noise: 0.5, stalls: 0.02, x11: seed%2 == 1,
		}
		g := NewGovernor(30)
		o := m.run(seed, 10*time.Minute, g, 0)
		if len(o.changes) > 0 {
			t.Errorf("seed %d: the machine copes, but the rate was changed at %v", seed, o.changes)
		}
		m.source, m.encoder = 0.06, 0.036
		if m.x11 {
			m.source, m.encoder = 0.01, 0.07
		}
		_, best := m.best()
		g = NewGovernor(30)
		o = m.run(seed, 10*time.Minute, g, 0)
		got := o.fps(60, 600)
		t.Logf("seed %d: best %.1f, governed %.1f, changes %v", seed, best, got, o.changes)
		if got < 0.75*best {
			t.Errorf("seed %d: %.1f fps, the best constant rate brings %.1f", seed, got, best)
		}
		if len(o.changes) > 6 {
			t.Errorf("seed %d: changes at %v", seed, o.changes)
		}
	}
}

// A quota of the cgroup is a machine of that size.
func TestGovernorWithQuota(t *testing.T) {
	m := machine{cores: 8, quota: 1.2, page: 0.4, source: 0.030, encoder: 0.016, grid: 0.05, fps: 30, others: nobody}
	_, best := m.best()
	g := NewGovernor(30)
	o := m.run(5, 5*time.Minute, g, 0)
	got := o.fps(60, 300)
	t.Logf("best %.1f, governed %.1f, changes %v", best, got, o.changes)
	if got < 0.8*best || len(o.changes) > 3 || len(o.changes) == 0 {
		t.Errorf("%.1f fps with changes at %v, the best constant rate brings %.1f", got, o.changes, best)
	}
}

// While the page stands still there is nothing to learn about the price of a frame.
func TestGovernorOnStillPage(t *testing.T) {
	m := machine{cores: 2, page: 0.5, source: 0.070, encoder: 0.03, grid: 0.05, fps: 30, others: nobody}
	_, best := m.best()
	m.paints = func(now time.Duration) bool { return now < time.Minute || now > 4*time.Minute }
	g := NewGovernor(30)
	o := m.run(6, 8*time.Minute, g, 0)
	got := o.fps(250, 480)
	t.Logf("best %.1f, governed %.1f, changes %v", best, got, o.changes)
	if got < 0.8*best || len(o.changes) > 4 {
		t.Errorf("%.1f fps after the page stood still, with changes at %v; the best constant rate brings %.1f", got, o.changes, best)
	}
}

// load is a second in which a machine with time to spare records at 30 fps.
func load(second int) Load {
	return Load{
		At: capture.Time(time.Duration(second) * time.Second), Interval: time.Second,
		Frames: 30, Encoded: 30, QueueAge: 20 * time.Millisecond, Delay: 40 * time.Millisecond,
		SourceCPU: 500 * time.Millisecond, EncoderCPU: 300 * time.Millisecond, Idle: time.Second,
	}
}

func TestGovernorJudges(t *testing.T) {
	tests := []struct {
		name   string
		bad    func(*Load, int) // from the tenth second on
		during int              // seconds
		reason Reason           // start for no change
	}{
		{"nothing", func(*Load, int) {}, 60, ReasonStart},
		{"one second of refusals", func(l *Load, _ int) { l.Refused = 20 }, 1, ReasonStart},
		{"two", func(l *Load, _ int) { l.Refused = 20 }, 2, ReasonRefused},
		{"a queue that grows", func(l *Load, i int) { l.QueueAge = time.Duration(i) * 300 * time.Millisecond }, 4, ReasonQueue},
		{"a queue that shrinks: an encoder was replaced", func(l *Load, i int) { l.QueueAge = time.Duration(15-i) * 100 * time.Millisecond }, 12, ReasonStart},
		{"a queue that stays old", func(l *Load, _ int) { l.QueueAge = 900 * time.Millisecond }, 40, ReasonQueue},
		{"late frames, and some missing", func(l *Load, _ int) { l.Delay, l.Frames = 160*time.Millisecond, 20 }, 5, ReasonDelay},
		{"four seconds of late frames", func(l *Load, _ int) { l.Delay, l.Frames = time.Second, 20 }, 4, ReasonStart},
		{"frames that are very late, but all come", func(l *Load, _ int) { l.Delay = time.Second }, 60, ReasonStart},
		{"frames that are nearly late", func(l *Load, _ int) { l.Delay = 140 * time.Millisecond }, 60, ReasonStart},
		{"late frames, and then none at all", func(l *Load, i int) {
			*l = Load{At: l.At, Interval: l.Interval}
			if i != 2 {
				l.Frames, l.Delay = 1, time.Second
			}
		}, 6, ReasonDelay},
		{"a quota used up", func(l *Load, _ int) { l.Throttled = 300 * time.Millisecond }, 2, ReasonThrottled},
		{"a little throttling", func(l *Load, _ int) { l.Throttled = 100 * time.Millisecond }, 60, ReasonStart},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := NewGovernor(30)
			g.Begin(ms(1))
			for i := 1; i < 10; i++ {
				g.Observe(load(i))
			}
			for i := 1; i <= tt.during; i++ {
				l := load(9 + i)
				tt.bad(&l, i)
				if rate, changed := g.Observe(l); rate != g.Rate() || changed != (g.Lowered() == 1) {
					t.Fatalf("observe says %v, %v; the rate is %v, lowered %d times", rate, changed, g.Rate(), g.Lowered())
				}
				if g.Lowered() > 0 {
					break
				}
			}
			if g.Reason() != tt.reason || (g.Rate() < 30) != (tt.reason != ReasonStart) {
				t.Errorf("rate %v for %q, want %q", g.Rate(), g.Reason(), tt.reason)
			}
		})
	}
}

// Nothing is judged in the first two seconds of a segment, whenever it begins.
func TestGovernorBegin(t *testing.T) {
	g := NewGovernor(30)
	for i := 10; i < 100; i += 2 {
		g.Begin(capture.Time(time.Duration(i) * time.Second))
		for _, second := range []int{i + 1, i + 2} {
			l := load(second)
			l.Refused, l.QueueAge = 30, time.Second
			if _, changed := g.Observe(l); changed {
				t.Fatalf("the rate was changed %d s after a segment began", second-i)
			}
		}
	}
}

// Never below one frame a second, or what was asked for where that is less.
func TestGovernorLowest(t *testing.T) {
	for _, fps := range []float64{0.5, 1, 5, 60} {
		g := NewGovernor(fps)
		for i := 3; i < 300; i++ {
			l := load(i)
			l.Frames, l.Encoded, l.Refused = 0, 0, 1
			g.Observe(l)
		}
		if want := min(1, fps); g.Rate() != want {
			t.Errorf("%v fps on a machine that carries nothing: rate %v, want %v", fps, g.Rate(), want)
		}
	}
}

// Frames that are as late at a lower rate, beside many others, don't make the
// rate fall to nothing; once they were in time, they count again.
func TestGovernorLowersInVain(t *testing.T) {
	g := NewGovernor(30)
	second := 3
	late := func(seconds int) {
		for range seconds {
			second++
			l := load(second)
			l.Frames = int(g.Rate() * 0.8)
			l.Encoded, l.Delay, l.Idle = l.Frames, 2*time.Second, 0
			g.Observe(l)
		}
	}
	late(300)
	if g.Lowered() != 2 || g.Rate() < 12 {
		t.Errorf("lowered %d times to %v, want twice, to some 16", g.Lowered(), g.Rate())
	}
	for range 8 {
		second++
		l := load(second)
		l.Idle = 0
		g.Observe(l)
	}
	late(20)
	if g.Lowered() < 3 {
		t.Error("frames that are late again, after they were in time, do not lower the rate")
	}
}
