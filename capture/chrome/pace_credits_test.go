package chrome

import (
	"math/rand/v2"
	"testing"
	"time"

	"beam/capture"
)

// imitation stands in for Chrome in a screencast: it sends what the page
// paints, some time later, while no more than inFlight frames are unacknowledged.
type imitation struct {
	credits  credits
	number   int64
	inFlight int
	looks    int            // of the page, counted
	sent     map[int64]int  // capture time: look
	pipe     []capture.Time // captured, and not arrived yet
	shown    int            // the newest look that arrived
	arrivals []capture.Time // capture times
	refresh  int
	rng      *rand.Rand
	delay    time.Duration
}

func newImitation(delay time.Duration) *imitation {
	return &imitation{number: 1, sent: map[int64]int{}, rng: rand.New(rand.NewPCG(5, 6)), delay: delay}
}

func (b *imitation) capture(now capture.Time) {
	if b.inFlight == inFlight {
		return
	}
	b.inFlight++
	b.sent[int64(now)] = b.looks
	b.pipe = append(b.pipe, now)
}

// run goes through the given time in steps of 1 ms; the page paints wherever
// paints says so.
func (b *imitation) run(from capture.Time, d time.Duration, rate float64, paints func(at time.Duration) bool) {
	for at := time.Duration(0); at < d; at += time.Millisecond {
		now := from.Add(at)
		if paints(at) {
			b.looks++
			b.capture(now)
		}
		for len(b.pipe) > 0 && now.Sub(b.pipe[0]) >= b.delay {
			captured := b.pipe[0]
			b.pipe = b.pipe[1:]
			b.shown = max(b.shown, b.sent[int64(captured)])
			b.arrivals = append(b.arrivals, captured)
			b.credits.arrived(b.number, captured, now)
		}
		for {
			do, number, _ := b.credits.next(now, rate)
			if do == deedAcknowledge && number == b.number {
				b.inFlight--
			}
			if do == deedAcknowledge {
				b.credits.acknowledged(now, rate)
				continue
			}
			if do == deedRefresh {
				b.refresh++
				b.credits.refreshed(now)
				b.number++
				b.inFlight, b.pipe = 0, nil
				b.capture(now)
			}
			break
		}
	}
}

func each(d time.Duration) func(time.Duration) bool {
	return func(at time.Duration) bool { return at%d == 0 }
}

// Whatever the pace and the delay, a page that turns still is seen as it is
// in the end, and is then left alone.
func TestCreditsShowTheLastLook(t *testing.T) {
	for _, rate := range []float64{0, 1, 2, 5, 15, 30, 60} {
		for _, delay := range []time.Duration{5 * time.Millisecond, 60 * time.Millisecond, 200 * time.Millisecond} {
			b := newImitation(delay)
			now := boot
			for range 40 { // animations of any length
				length := time.Duration(b.rng.IntN(600)) * time.Millisecond
				b.run(now, 6*time.Second, rate, func(at time.Duration) bool { return at < length && at%(17*time.Millisecond) == 0 })
				now = now.Add(6 * time.Second)
				if b.shown != b.looks {
					t.Fatalf("%v fps, delay %v: the page is at look %d, seen is %d", rate, delay, b.looks, b.shown)
				}
				if seen := len(b.arrivals); now.Sub(b.arrivals[seen-1]) < 2*time.Second {
					t.Fatalf("%v fps, delay %v: a still page is captured again", rate, delay)
				}
			}
			if b.refresh > 40 {
				t.Errorf("%v fps, delay %v: %d refreshes for 40 animations", rate, delay, b.refresh)
			}
		}
	}
}

// A page that paints all the time is held to the rate, and one that paints no
// more often than wanted is sent whole; neither is ever refreshed.
func TestCreditsKeepTheRate(t *testing.T) {
	tests := []struct {
		name     string
		rate     float64
		every    time.Duration // between two paints
		min, max int           // frames in ten seconds
	}{
		{"60 Hz at 1", 1, 17 * time.Millisecond, 10, 14},
		{"60 Hz at 5", 5, 17 * time.Millisecond, 50, 57},
		{"60 Hz at 22.5", 22.5, 17 * time.Millisecond, 225, 245},
		{"60 Hz at 30", 30, 17 * time.Millisecond, 300, 325},
		{"60 Hz, all", 0, 17 * time.Millisecond, 589, 589},
		{"5 Hz at 5", 5, 200 * time.Millisecond, 50, 50},
		{"1 Hz at 1", 1, time.Second, 10, 10},
		{"30 Hz at 30", 30, 33 * time.Millisecond, 304, 304},
		{"2 Hz at 30", 30, 500 * time.Millisecond, 20, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newImitation(30 * time.Millisecond)
			b.run(boot, 10*time.Second, tt.rate, each(tt.every))
			b.run(boot.Add(10*time.Second), 30*time.Millisecond, tt.rate, func(time.Duration) bool { return false })
			if n := len(b.arrivals); n < tt.min || n > tt.max {
				t.Errorf("%d frames in ten seconds, want %d to %d", n, tt.min, tt.max)
			}
			if b.refresh > 0 {
				t.Errorf("%d refreshes", b.refresh)
			}
		})
	}
}

// A frame of a screencast that has ended takes no credit of the new one.
func TestCreditsOfAnOldScreencast(t *testing.T) {
	var c credits
	c.arrived(2, boot, boot)
	c.arrived(1, boot.Add(-time.Second), boot)
	if do, number, _ := c.next(boot, 30); do != deedAcknowledge || number != 2 {
		t.Errorf("deed %d of screencast %d, want an acknowledgement of 2", do, number)
	}
	c.arrived(3, boot.Add(1), boot)
	if do, number, _ := c.next(boot, 30); do != deedAcknowledge || number != 3 {
		t.Errorf("deed %d of screencast %d, want an acknowledgement of 3", do, number)
	}
	c.acknowledged(boot, 30)
	if do, _, wait := c.next(boot, 30); do != deedNone || wait != 0 {
		t.Errorf("deed %d in %v, want nothing: all is acknowledged", do, wait)
	}
}
