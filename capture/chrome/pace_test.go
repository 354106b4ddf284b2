package chrome

import (
	"testing"
	"time"

	"beam/capture"
)

const (
	refresh = time.Second / 60 // of the screen
	boot    = capture.Time(time.Hour)
)

// A page at 60 Hz is held to the wanted rate, whatever it is, with frames
// evenly apart.
func TestBucketHolds(t *testing.T) {
	for _, fps := range []float64{1, 2, 5, 15, 22.5, 24, 30, 60} {
		var b bucket
		var taken []capture.Time
		for i := range 1200 { // twenty seconds at 60 Hz
			now := boot + capture.Time(i)*capture.Time(refresh)
			if b.wait(now, fps) > 0 {
				continue // no credit: Chrome makes no frame
			}
			b.take(now, fps)
			taken = append(taken, now)
		}
		if n := float64(len(taken)); n < fps*20 || n > fps*20*paceMargin+4 {
			t.Errorf("%v fps: %v frames in twenty seconds", fps, n)
		}
		for i := 4; i < len(taken); i++ {
			d := taken[i].Sub(taken[i-1])
			if want := time.Duration(float64(time.Second) / fps); d < time.Duration(float64(want)/paceMargin)-refresh || d > want+refresh {
				t.Errorf("%v fps: %v between two frames", fps, d)
			}
		}
	}
}

// A source of the wanted rate that jitters by a refresh of the screen is not
// held back beyond that.
func TestBucketLetsJitterPass(t *testing.T) {
	for _, every := range []int{2, 4, 12, 60} { // refreshes: 30, 15, 5 and 1 fps
		var b bucket
		fps := 60 / float64(every)
		for i := range 300 {
			at := boot + capture.Time(i*every+i%2)*capture.Time(refresh)
			wait := b.wait(at, fps)
			if wait > refresh {
				t.Fatalf("%v fps: frame %d is held back by %v", fps, i, wait)
			}
			b.take(at.Add(wait), fps)
		}
	}
}

func TestBucketWithoutRate(t *testing.T) {
	var b bucket
	b.take(boot, 0)
	if wait := b.wait(boot, 0); wait != 0 {
		t.Errorf("no wanted rate, but a wait of %v", wait)
	}
	// A rate that is set later counts from the last acknowledgement.
	if wait := b.wait(boot, 1); wait < 900*time.Millisecond {
		t.Errorf("at 1 fps the next may come after %v", wait)
	}
}

func TestPace(t *testing.T) {
	p := NewPace(-3)
	rate, changed := p.current()
	if rate != 0 {
		t.Errorf("rate %v, want 0 for all there are", rate)
	}
	p.SetRate(0)
	select {
	case <-changed:
		t.Error("told of a change to the same rate")
	default:
	}
	p.SetRate(22.5)
	select {
	case <-changed:
	default:
		t.Error("not told of a new rate")
	}
	if p.Rate() != 22.5 {
		t.Errorf("rate %v, want 22.5", p.Rate())
	}
	p.arrived(boot, boot.Add(-time.Minute), true)
	p.arrived(boot.Add(1), boot.Add(1-80*time.Millisecond), false)
	p.arrived(boot.Add(2), boot.Add(5*time.Millisecond), false) // stamped with when it will be seen
	p.refreshed()
	want := CastStats{Frames: 3, Refreshed: 1, Delay: 80 * time.Millisecond}
	if got := p.statsAt(boot.Add(3)); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}
