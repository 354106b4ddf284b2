package testpattern

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// readingsOf returns pictures of a 30 fps file; clock gets the time in seconds.
func readingsOf(seconds float64, clock func(at float64) (ms float64, ok bool)) []Reading {
	var all []Reading
	for n := range int(seconds * 30) {
		at := float64(n) / 30
		ms, ok := clock(at)
		all = append(all, Reading{At: time.Duration(at * 1e9), Value: uint32(math.Round(ms)), OK: ok})
	}
	return all
}

func beepsOf(seconds int, at func(k int) float64) []Beep {
	var all []Beep
	for k := range seconds {
		s := at(k)
		if math.IsNaN(s) {
			continue
		}
		hz := BeepHz
		if k%10 == 0 {
			hz = TenthBeepHz
		}
		all = append(all, Beep{At: time.Duration(s * 1e9), Hz: hz})
	}
	return all
}

func plain(at float64) (float64, bool) { return at * 1000, true }

func TestMeasureTimingTellsWholeSeconds(t *testing.T) {
	for _, late := range []float64{-4.7, -2, -0.6, -0.499, 0, 0.499, 0.501, 1, 3.9} {
		got, err := MeasureTiming(readingsOf(60, plain), beepsOf(60, func(k int) float64 { return float64(k) + late }))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "median", got.Offset.MedianMs, late*1000, 1)
		near(t, "spread", got.OffsetSpreadMs, 0, 0.5)
		if got.StrayBeeps != 0 {
			t.Errorf("%g: %d stray beeps", late, got.StrayBeeps)
		}
	}
}

func TestMeasureTimingSeesASteppingPicture(t *testing.T) {
	// For ten seconds the pictures come 60 ms late; the sound is steady.
	step := func(at float64) (float64, bool) {
		if at > 20 && at < 30 {
			at -= 0.06
		}
		return at * 1000, true
	}
	got, err := MeasureTiming(readingsOf(50, step), beepsOf(50, func(k int) float64 { return float64(k) }))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "wander", got.PictureWanderMs, 60, 2)
	near(t, "min", got.Offset.MinMs, -60, 2)
	near(t, "max", got.Offset.MaxMs, 0, 2)
	if got.Stretches != 1 {
		t.Errorf("%d stretches", got.Stretches)
	}
}

func TestMeasureTimingCountsStrays(t *testing.T) {
	beeps := beepsOf(20, func(k int) float64 {
		if k == 3 || k == 4 {
			return math.NaN()
		}
		return float64(k) + 0.02
	})
	beeps = append(beeps, Beep{At: 7500 * time.Millisecond, Hz: BeepHz}, Beep{At: 8050 * time.Millisecond, Hz: BeepHz})
	slices.SortFunc(beeps, func(a, b Beep) int { return int(a.At - b.At) })
	got, err := MeasureTiming(readingsOf(20, plain), beeps)
	if err != nil {
		t.Fatal(err)
	}
	if got.StrayBeeps != 2 || got.Beeps != 18 || !slices.Equal(got.MissingBeeps, []int{3, 4}) {
		t.Errorf("strays %d, beeps %d, missing %v", got.StrayBeeps, got.Beeps, got.MissingBeeps)
	}
	near(t, "median", got.Offset.MedianMs, 20, 1)
}

func TestMeasureTimingGoingBack(t *testing.T) {
	back := func(at float64) (float64, bool) {
		if at > 4 && at < 4.05 {
			at -= 0.2 // a picture out of order
		}
		return at * 1000, true
	}
	got, err := MeasureTiming(readingsOf(8, back), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Backwards != 1 || got.Beeps != 0 || len(got.MissingBeeps) != 7 {
		t.Errorf("%+v", got)
	}
}

func TestMeasureTimingOfLittle(t *testing.T) {
	for name, readings := range map[string][]Reading{
		"nothing":    nil,
		"unreadable": {{At: 0}, {At: time.Second}},
	} {
		got, err := MeasureTiming(readings, nil)
		if !errors.Is(err, ErrNoMark) || got.Pictures != len(readings) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	got, err := MeasureTiming([]Reading{{At: time.Second, Value: 500, OK: true}}, beepsOf(3, func(k int) float64 { return float64(k) }))
	if err != nil || math.IsNaN(got.Offset.MedianMs) || got.Distinct != 1 {
		t.Errorf("one picture: %+v, %v", got, err)
	}
}

func TestFlashes(t *testing.T) {
	var levels []Level
	for n := range 300 {
		l := 16.0
		if n%30 >= 15 && n%30 < 18 || n < 2 {
			l = 220
		}
		if n%30 == 14 {
			l = 90 // light from a neighbour, or a mixture
		}
		levels = append(levels, Level{At: time.Duration(n) * time.Second / 30, Brightness: l})
	}
	got := Flashes(levels)
	if len(got) != 10 {
		t.Fatalf("%d flashes", len(got))
	}
	for k, f := range got {
		near(t, "onset", milliseconds(f.At), 500+1000*float64(k), 0.001)
		near(t, "length", milliseconds(f.Length), 100, 0.001)
	}
	for i := range levels {
		levels[i].Brightness = 100 + float64(i%40)
	}
	if got := Flashes(levels); len(got) != 0 {
		t.Errorf("%d flashes in a calm picture", len(got))
	}
	if got := Flashes(nil); got != nil {
		t.Error("flashes of nothing")
	}
}

func TestMeasureLipSync(t *testing.T) {
	var flashes []Flash
	for k := range 20 {
		flashes = append(flashes, Flash{At: time.Duration(k) * time.Second})
	}
	beeps := beepsOf(20, func(k int) float64 {
		if k == 5 {
			return math.NaN()
		}
		return float64(k) + 0.040 + 0.001*float64(k%3)
	})
	beeps = append(beeps, Beep{At: 40 * time.Second, Hz: BeepHz})
	got, err := MeasureLipSync(flashes, beeps)
	if err != nil {
		t.Fatal(err)
	}
	if got.UnpairedFlashes != 1 || got.UnpairedBeeps != 1 || len(got.Pairs) != 19 {
		t.Errorf("%+v", got)
	}
	near(t, "median", got.Offset.MedianMs, 41, 0.01)
	near(t, "min", got.Offset.MinMs, 40, 0.01)
	near(t, "max", got.Offset.MaxMs, 42, 0.01)
	if _, err := MeasureLipSync(flashes, nil); !errors.Is(err, ErrNoMark) {
		t.Errorf("no beeps: %v", err)
	}
}
