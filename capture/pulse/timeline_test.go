package pulse

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"beam/capture"
)

// truth is a sound clock: when it plays a sample.
type truth func(index int64) capture.Time

func clock(ppm float64) truth {
	return func(index int64) capture.Time {
		return 1e12 + capture.Time(float64(index)*nominal*(1+ppm*1e-6))
	}
}

// TestTimelineFollows feeds sightings every 200 ms for two minutes and compares
// the line with the truth, at the newest sample, after the first seconds.
func TestTimelineFollows(t *testing.T) {
	tests := []struct {
		name  string
		truth truth
		noise func(r *rand.Rand, n int) time.Duration
		limit time.Duration
	}{
		{"exact", clock(0), func(*rand.Rand, int) time.Duration { return 0 }, time.Microsecond},
		{"65 ppm", clock(65), func(r *rand.Rand, _ int) time.Duration {
			return time.Duration(r.NormFloat64() * 1e5)
		}, 200 * time.Microsecond},
		{"-400 ppm", clock(-400), func(r *rand.Rand, _ int) time.Duration {
			return time.Duration(r.NormFloat64() * 1e5)
		}, 250 * time.Microsecond},
		{"jitter of 2 ms", clock(65), func(r *rand.Rand, _ int) time.Duration {
			return time.Duration((r.Float64() - 0.5) * 4e6)
		}, 1500 * time.Microsecond},
		{"every fifth late by up to 15 ms", clock(65), func(r *rand.Rand, n int) time.Duration {
			if n%5 == 0 {
				return time.Duration(r.Float64() * 15e6)
			}
			return time.Duration(r.NormFloat64() * 1e5)
		}, 400 * time.Microsecond},
		{"a burst of four late by a second", clock(65), func(r *rand.Rand, n int) time.Duration {
			if n%100 > 95 {
				return time.Second
			}
			return time.Duration(r.NormFloat64() * 1e5)
		}, 200 * time.Microsecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			var line timeline
			worst := time.Duration(0)
			for n := range 600 {
				index := int64(n) * capture.SampleRate / 5
				line.observe(sighting{index, test.truth(index).Add(test.noise(r, n))})
				if n > 50 {
					worst = max(worst, absolute(line.at(index).Sub(test.truth(index))))
				}
			}
			if worst > test.limit {
				t.Errorf("off by %v, limit %v", worst, test.limit)
			}
			if line.jumps != 0 {
				t.Errorf("%d jumps", line.jumps)
			}
		})
	}
}

func TestTimelineSkew(t *testing.T) {
	for _, ppm := range []float64{-300, 0, 65, 500} {
		var line timeline
		for n := range 64 {
			index := int64(n) * 9600
			line.observe(sighting{index, clock(ppm)(index)})
		}
		if got := line.skew() * 1e6; math.Abs(got-ppm) > 1 {
			t.Errorf("skew is %.2f ppm, want %.0f", got, ppm)
		}
	}
}

// TestTimelineJump loses a second of samples on the way.
func TestTimelineJump(t *testing.T) {
	var line timeline
	before := clock(65)
	after := func(index int64) capture.Time { return before(index).Add(time.Second) }
	for n := range 100 {
		index := int64(n) * 9600
		if n < 50 {
			line.observe(sighting{index, before(index)})
		} else {
			line.observe(sighting{index, after(index)})
		}
	}
	index := int64(99 * 9600)
	if d := absolute(line.at(index).Sub(after(index))); d > time.Millisecond || line.jumps != 1 {
		t.Errorf("off by %v after %d jumps", d, line.jumps)
	}
}

// TestTimelineOneSighting: the first packet is placed by one sighting alone.
func TestTimelineOneSighting(t *testing.T) {
	var line timeline
	if line.ready() {
		t.Fatal("ready without a sighting")
	}
	line.observe(sighting{480, 5e9})
	if got := line.at(480 - capture.SampleRate); got != 4e9 {
		t.Errorf("a second earlier is %d", got)
	}
	line.observe(sighting{480, 5e9}) // the same again must not divide by zero
	if got := line.at(480); got != 5e9 {
		t.Errorf("the same sighting twice gives %d", got)
	}
}
