package testpattern

import (
	"fmt"
	"math"
	"slices"
)

// Timing is what a recording of the timing page tells. Offsets are positive
// when the sound is late.
type Timing struct {
	Motion
	// LongestStepMs is the longest step of the page's clock from one picture
	// to the next different one.
	LongestStepMs float64 `json:"longest_step_ms"`
	Backwards     int     `json:"backwards"` // pictures in which the clock had gone back
	// Stretches is 1 unless the page's clock and the file's jump apart, as
	// they do at a pause of the recording.
	Stretches int `json:"stretches"`
	// ClockDriftPPM tells by how much the file's time runs longer than the
	// page's clock, in millionths; the same in ms a minute stands beside it.
	ClockDriftPPM         float64 `json:"clock_drift_ppm"`
	ClockDriftMsPerMinute float64 `json:"clock_drift_ms_per_minute"`
	// PictureWanderMs is how far the pictures move against the straight line
	// through their own clock: the largest less the smallest median of a second.
	// Up to one picture's length is the beat of two picture rates.
	PictureWanderMs float64 `json:"picture_wander_ms"`

	Beeps        int            `json:"beeps"`         // that belong to a second of the page
	MissingBeeps []int          `json:"missing_beeps"` // seconds of the page
	StrayBeeps   int            `json:"stray_beeps"`   // that belong to none
	Seconds      []SecondOffset `json:"seconds,omitempty"`
	// Offset sums up the OffsetMs of the seconds.
	Offset Spread `json:"offset"`
	// OffsetSpreadMs is the largest less the smallest FittedMs: how steady the
	// sound is, freed from the rounding of single pictures to their grid.
	OffsetSpreadMs float64 `json:"offset_spread_ms"`
}

// SecondOffset is the offset of one beep.
type SecondOffset struct {
	PageSecond  int     `json:"page_second"`
	FileSeconds float64 `json:"file_seconds"` // onset of the beep
	// OffsetMs is the onset less the time at which the page's clock showed
	// that second, averaged from the pictures within a second of it.
	OffsetMs float64 `json:"offset_ms"`
	// FittedMs is the same with the straight line through the clock of all
	// pictures.
	FittedMs float64 `json:"fitted_ms"`
}

const (
	// ownBeep is how far from the usual offset a beep may be to belong to a
	// second, in ms.
	ownBeep = 300.0
	// edge is how much of the clock has to be shown before and after a second
	// for its beep to be missed, in ms.
	edge = 250.0
)

// MeasureTiming judges a recording of the timing page from the clock readings
// of all its pictures, in order, and its beeps. Whole seconds of offset, from
// -5 to +4, are told by the higher beep of each tenth second. It returns
// ErrNoMark when no picture could be read.
func MeasureTiming(readings []Reading, beeps []Beep) (Timing, error) {
	t := Timing{Motion: MeasureMotion(readings)}
	shown, back := forward(showings(readings))
	if len(shown) == 0 {
		return t, fmt.Errorf("%w: in none of %d pictures", ErrNoMark, len(readings))
	}
	t.Backwards = back
	for i := 1; i < len(shown); i++ {
		t.LongestStepMs = max(t.LongestStepMs, float64(shown[i].Value-shown[i-1].Value))
	}
	all := stretches(shown)
	t.Stretches = len(all)
	longest := slices.MaxFunc(all, func(a, b stretch) int { return len(a.page) - len(b.page) })
	t.ClockDriftPPM = (longest.line.slope - 1) * 1e6
	t.ClockDriftMsPerMinute = (longest.line.slope - 1) * 60000
	t.PictureWanderMs = wanders(all)
	t.measureBeeps(all, beeps)
	return t, nil
}

func wanders(all []stretch) float64 {
	widest := 0.0
	for i := range all {
		if w := all[i].wander(); len(w) > 0 {
			widest = max(widest, slices.Max(w)-slices.Min(w))
		}
	}
	return widest
}

func (t *Timing) measureBeeps(all []stretch, beeps []Beep) {
	own, stray := assign(all, beeps)
	t.StrayBeeps, t.Beeps = stray, len(own)
	t.MissingBeeps = []int{}
	for i := range all {
		page := all[i].page
		for s := int(math.Ceil((page[0] + edge) / 1000)); float64(s)*1000 <= page[len(page)-1]-edge; s++ {
			if _, ok := own[s]; !ok {
				t.MissingBeeps = append(t.MissingBeeps, s)
			}
		}
	}
	var at, offsets, fitted []float64
	for _, s := range sortedKeys(own) {
		ms, page := milliseconds(own[s].At), float64(s)*1000
		part := containing(all, ms)
		o := SecondOffset{
			PageSecond: s, FileSeconds: ms / 1000,
			OffsetMs: ms - part.shownAt(page), FittedMs: ms - part.line.at(page),
		}
		t.Seconds = append(t.Seconds, o)
		at, offsets, fitted = append(at, o.FileSeconds), append(offsets, o.OffsetMs), append(fitted, o.FittedMs)
	}
	t.Offset = spread(at, offsets)
	if len(fitted) > 0 {
		t.OffsetSpreadMs = slices.Max(fitted) - slices.Min(fitted)
	}
}

// assign returns the beep of each second of the page, and how many beeps belong
// to none.
func assign(all []stretch, beeps []Beep) (own map[int]Beep, stray int) {
	pages := make([]float64, len(beeps)) // what the page's clock showed, ms
	var sin, cos float64
	for i, b := range beeps {
		ms := milliseconds(b.At)
		pages[i] = containing(all, ms).line.x(ms)
		s, c := math.Sincos(2 * math.Pi * pages[i] / 1000)
		sin, cos = sin+s, cos+c
	}
	usual := math.Atan2(sin, cos) / (2 * math.Pi) * 1000 // within half a second
	second := func(i int) int { return round((pages[i] - usual) / 1000) }
	var votes [10]int
	for i, b := range beeps {
		if b.Hz == TenthBeepHz {
			votes[((second(i)%10)+10)%10]++
		}
	}
	late := 0 // whole seconds
	for i, n := range votes {
		if n > votes[late] {
			late = i
		}
	}
	if late >= 5 {
		late -= 10
	}
	own = make(map[int]Beep)
	off := make(map[int]float64)
	for i, b := range beeps {
		s := second(i)
		d := math.Abs(pages[i] - usual - float64(s)*1000)
		if d > ownBeep {
			stray++
			continue
		}
		s -= late
		if _, taken := own[s]; taken {
			stray++
			if d >= off[s] {
				continue
			}
		}
		own[s], off[s] = b, d
	}
	return own, stray
}

func sortedKeys(m map[int]Beep) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
