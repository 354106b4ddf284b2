package tracks

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"beam/capture"
)

func TestTimestampsComeRound(t *testing.T) {
	c := rtpClock{rate: 48000}
	begin := uint32(1<<32 - 48000)
	first, _ := c.at(begin)
	for i := range 3000 { // a minute of packets
		at, jumps := c.at(begin + uint32(i*960))
		if want := first + time.Duration(i)*20*time.Millisecond; at != want || jumps {
			t.Fatalf("packet %d is at %v, want %v (jumps %v)", i, at, want, jumps)
		}
	}
	// One that came late is where it belongs, and takes nothing from the next.
	late, _ := c.at(begin + 2990*960)
	next, _ := c.at(begin + 3000*960)
	if late != first+2990*20*time.Millisecond || next != first+time.Minute {
		t.Errorf("a late packet is at %v, the next at %v", late-first, next-first)
	}
	if _, jumps := c.at(begin + 3000*960 + 100*48000); !jumps {
		t.Error("a jump of 100 s is none")
	}
}

// TestPageClock: however late messages arrive, an instant of the page is known as well
// as the quickest of the last half minute, and a drift between the clocks is followed.
func TestPageClock(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var c pageClock
	if _, ok := c.time(1); ok {
		t.Error("known before anything came")
	}
	const ppm = 50e-6
	for i := range 36000 { // an hour
		now := capture.Time(i) * capture.Time(100*time.Millisecond)
		page := 1.7e12 + float64(now)/1e6*(1+ppm)
		arrives := now.Add(time.Millisecond + time.Duration(random.ExpFloat64()*float64(20*time.Millisecond)))
		c.see(arrives, page)
		got, ok := c.time(page)
		if off := got.Sub(now); !ok || i > 100 && (off < 0 || off > 5*time.Millisecond) {
			t.Fatalf("after %v the clock is %v off", time.Duration(now), off)
		}
	}
}

// TestAnchor: what was played tells a track's time, looks that are far off change
// nothing, and a sender whose clock runs at another rate is followed without a jump.
func TestAnchor(t *testing.T) {
	var a anchor
	a.arrived(1000, 0)
	if got := a.at(time.Second); got != capture.Time(1000).Add(time.Second) {
		t.Errorf("before anything was played a frame is at %v", got)
	}
	a = anchor{}
	start := capture.Time(5 * time.Second)
	const ppm = 100e-6
	var last capture.Time
	for i := 1; i < 40000; i++ {
		line := time.Duration(i) * 20 * time.Millisecond
		actual := start.Add(time.Duration(float64(line) * (1 + ppm)))
		a.arrived(actual.Add(-50*time.Millisecond), line)
		if i%12 == 0 {
			seen := actual
			if i%60 == 0 {
				seen = actual.Add(80 * time.Millisecond) // a look at a bad moment
			}
			a.playedAt(seen, line)
		}
		if !a.known() {
			continue // it is waited for
		}
		got := a.at(line)
		if off := got.Sub(actual); i > 200 && off.Abs() > 5*time.Millisecond {
			t.Fatalf("after %v a frame is %v off", line, off)
		}
		if step := got.Sub(last); i > 200 && (step < 19*time.Millisecond || step > 21*time.Millisecond) {
			t.Fatalf("after %v a step of %v", line, step)
		}
		last = got
	}
}

func TestPrimary(t *testing.T) {
	for _, c := range []struct{ packet, want string }{
		{"\x6fnew", "new"},
		{"\xef\x0f\x00\x03\x6foldnew", "new"},
		{"\xef\x1e\x00\x02\xef\x0f\x00\x03\x6fo1old", ""},
	} {
		got, err := primary([]byte(c.packet))
		if err != nil || !bytes.Equal(got, []byte(c.want)) {
			t.Errorf("%q: %q, %v", c.packet, got, err)
		}
	}
	for _, bad := range []string{"", "\xef", "\xef\x0f\x00\x09\x6fold"} {
		if got, err := primary([]byte(bad)); err == nil {
			t.Errorf("%q is read as %q", bad, got)
		}
	}
}
