package x11

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/video"
)

// refreshes makes the paints of a page: instants at refreshes of Chrome's screen,
// told in the X server's milliseconds, and reported a moment later.
type refreshes struct {
	refresh time.Duration // on CLOCK_MONOTONIC
	clock   func(time.Duration) capture.Time
	random  *rand.Rand
}

func newRefreshes() *refreshes {
	return &refreshes{refresh: 16666 * time.Microsecond, clock: capture.FromMonotonic, random: rand.New(rand.NewPCG(3, 4))}
}

// paint is when something was painted, and when that was reported.
type paint struct{ at, told capture.Time }

const boot = 5000 * time.Second // the monotonic time at which paints begin

// paints returns the paints of a page that paints at a rate for some time: a video's
// frames, whose times jitter, are painted at the refresh that follows.
func (s *refreshes) paints(rate float64, jitter, length time.Duration) []paint {
	var out []paint
	last := int64(-1)
	for i := 0; ; i++ {
		due := time.Duration(float64(i)/rate*float64(time.Second)) + time.Duration(s.random.Float64()*float64(jitter))
		if due >= length {
			return out
		}
		n := int64(math.Ceil(float64(due) / float64(s.refresh)))
		if rate == 60 {
			n = int64(i) // the page's own animation
		}
		if n <= last {
			continue // the same refresh
		}
		last = n
		at := boot + time.Duration(n)*s.refresh + time.Duration(s.random.Int64N(int64(2*time.Millisecond))) // drawing takes its time
		told := at + time.Duration(s.random.Int64N(int64(time.Millisecond)))
		out = append(out, paint{at: s.clock(paintTime(uint32(at/time.Millisecond), told)), told: s.clock(told)})
	}
}

// follow returns which paints a pace has grabbed, as a run of the grabber would.
func follow(p *pace, paints []paint) (grabbed []int) {
	newest := -1 // pending
	for i := 0; i <= len(paints); i++ {
		if newest >= 0 {
			now := paints[newest].told
			if wait := p.wait(now, paints[newest].at); i == len(paints) || wait <= 0 || now.Add(wait) <= paints[i].told {
				p.spend(paints[newest].at, len(grabbed) > 0 && newest > grabbed[len(grabbed)-1]+1)
				grabbed = append(grabbed, newest)
				newest = -1
			}
		}
		newest = max(newest, i)
	}
	return grabbed
}

// TestPaceRates: what the pace lets through of pages that paint at some rate, a
// video's frames on a 60 Hz screen among them.
func TestPaceRates(t *testing.T) {
	const length = 100 * time.Second
	for _, test := range []struct{ page, rate, want float64 }{
		{60, 60, 60}, {60, 30, 30}, {60, 25, 25}, {60, 24, 24}, {60, 22.5, 22.5}, {60, 7.5, 7.5}, {60, 1, 1}, {60, 0, 60},
		{30, 30, 30}, {29.97, 30, 29.97}, {25, 30, 25}, {24, 30, 24}, {15, 30, 15}, {30, 60, 30}, {25, 25, 25}, {24, 24, 24}, {1, 60, 1},
	} {
		for _, jitter := range []time.Duration{0, 8 * time.Millisecond, 16 * time.Millisecond} {
			paints := newRefreshes().paints(test.page, jitter, length)
			var p pace
			p.setRate(test.rate)
			got := float64(len(follow(&p, paints))) / length.Seconds()
			if got < test.want*0.99 || got > test.want*1.01+0.02 {
				t.Errorf("a page at %v, jitter %v, with a rate of %v: %.2f a second", test.page, jitter, test.rate, got)
			}
		}
	}
}

// TestPaceSteady: for half an hour the pictures of a page that paints at 60 Hz keep
// their place on the grid of the recording, at every phase, and so beside the audio;
// and come back to it when the page has stood still for a moment. On CLOCK_MONOTONIC
// itself they would not.
func TestPaceSteady(t *testing.T) {
	const length = 30 * time.Minute
	for fps, phases := range map[float64][]time.Duration{30: {0, 8, 17, 25}, 60: {5}, 24: {10}, 20: {15}, 15: {20}} { // ms
		for _, phase := range phases {
			off, lost := newRefreshes().offsets(fps, phase*time.Millisecond, length, 0)
			// Some find no place until pace and slots have found the rhythm.
			if low, high := slices.Min(off), slices.Max(off); high-low > 2 || low < -10 || high > 10 || lost > 3 {
				t.Errorf("%v fps, phase %d ms: shown from %.1f to %.1f ms late, %d frames lost", fps, phase, low, high, lost)
			}
		}
	}
	for _, phase := range []time.Duration{0, 12, 24} { // ms
		off, _ := newRefreshes().offsets(30, phase*time.Millisecond, length, 10*time.Second)
		slices.Sort(off)
		if low, high := off[len(off)/10], off[len(off)*9/10]; high-low > 5 {
			t.Errorf("phase %d ms: shown from %.1f to %.1f ms late by a page that stands still now and then", phase, low, high)
		}
	}
	s := newRefreshes()
	s.clock = func(t time.Duration) capture.Time { return capture.Time(t) }
	off, _ := s.offsets(30, 0, length, 0)
	if wander := slices.Max(off) - slices.Min(off); wander < 10 {
		t.Errorf("on the monotonic clock it wanders by %.1f ms only", wander)
	}
}

// offsets places what is grabbed of a page of 60 Hz on a grid that begins at a phase
// of the paints, and returns by how much the pictures of each second are shown late
// on average, in ms, and how many frames found no place. The page stands still for
// some random time each time that holes says; 0 for never.
func (s *refreshes) offsets(fps float64, phase, length, holes time.Duration) (late []float64, lost int) {
	paints := s.paints(60, 0, length)
	start := s.clock(boot).Add(phase)
	if holes > 0 {
		next := start.Add(holes)
		paints = slices.DeleteFunc(paints, func(p paint) bool {
			if p.at > next.Add(holes/10) {
				next = next.Add(holes + time.Duration(s.random.Int64N(int64(holes/100))))
			}
			return p.at > next && p.at < next.Add(time.Duration(s.random.Int64N(int64(holes/20))))
		})
	}
	var p pace
	p.setRate(fps)
	p.align(start, fps)
	slots := video.NewSlotter(start, fps)
	var second []float64
	for _, i := range follow(&p, paints) {
		at := paints[i].at
		slot, ok := slots.Place(at)
		if !ok {
			continue
		}
		second = append(second, float64(start.Add(slots.Offset(slot)).Sub(at))/float64(time.Millisecond))
		if len(second) == int(fps) {
			sum := 0.0
			for _, v := range second {
				sum += v
			}
			late, second = append(late, sum/fps), nil
		}
	}
	return late[5:], slots.Stats().Dropped // until the rhythm is found
}

func TestPaceFaster(t *testing.T) {
	var p pace
	now := 1000 * ms
	p.setRate(1)
	for range 3 {
		p.spend(now, false)
	}
	if p.wait(now, now) <= 0 {
		t.Error("no wait at 1 a second")
	}
	p.setRate(60)
	if wait := p.wait(now, now); wait > 0 {
		t.Errorf("%v to wait after the rate was raised", wait)
	}
}
