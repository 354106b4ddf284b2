package testpattern

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A Level is the brightness of one picture's middle, 0 to 255.
type Level struct {
	At         time.Duration // presentation time of the picture in the file
	Brightness float64
}

// A Flash is one run of bright pictures.
type Flash struct {
	At     time.Duration // presentation time of the first bright picture
	Length time.Duration // to the first dark one
}

// leastFlash is the least difference of brightness between a flash and what is
// usually shown.
const leastFlash = 50

// Flashes returns the flashes in the brightness of all pictures, in order. The
// threshold lies half way between the usual and the brightest pictures. A flash
// that has begun before the first picture, or has not ended with the last, is
// none.
//
// A flash's onset is known to one picture: the light came on at some time
// after the picture before was taken. Where pictures are shown at the time they were
// taken, At is therefore late by between nothing and one picture's length, half of
// it on average, and an offset to a sound measured from it is too low by that.
// Nothing is corrected here.
func Flashes(levels []Level) []Flash {
	if len(levels) == 0 {
		return nil
	}
	sorted := make([]float64, len(levels))
	for i, l := range levels {
		sorted[i] = l.Brightness
	}
	slices.Sort(sorted)
	usual, bright := sorted[len(sorted)/2], sorted[len(sorted)-1-len(sorted)/100]
	if bright-usual < leastFlash {
		return nil
	}
	threshold := (usual + bright) / 2
	var found []Flash
	var at time.Duration
	in := false
	for i := 1; i < len(levels); i++ {
		before, now := levels[i-1].Brightness >= threshold, levels[i].Brightness >= threshold
		switch {
		case !before && now:
			at, in = levels[i].At, true
		case before && !now && in:
			found = append(found, Flash{At: at, Length: levels[i].At - at})
		}
	}
	return found
}

// LipSync is what a recording of the lip-sync page tells.
type LipSync struct {
	Flashes         int `json:"flashes"`
	Beeps           int `json:"beeps"`
	UnpairedFlashes int `json:"unpaired_flashes"` // no beep within half a second
	UnpairedBeeps   int `json:"unpaired_beeps"`
	// Pairs and Offset hold the onset of the beep less that of the flash,
	// positive when the sound is late, as Flashes gives them: expect half a
	// picture's length less than the true value, and single pairs to differ
	// by up to one picture's length.
	Pairs  []FlashOffset `json:"pairs,omitempty"`
	Offset Spread        `json:"offset"`
}

// FlashOffset is the offset of one flash and its beep.
type FlashOffset struct {
	FileSeconds float64 `json:"file_seconds"` // onset of the flash
	OffsetMs    float64 `json:"offset_ms"`
}

// MeasureLipSync pairs flashes and beeps, each in order. Flashes come once a
// second, so an offset beyond half a second can't be told from its complement.
// It returns ErrNoMark when there is no pair.
func MeasureLipSync(flashes []Flash, beeps []Beep) (LipSync, error) {
	l := LipSync{Flashes: len(flashes), Beeps: len(beeps)}
	var at, offsets []float64
	used := make(map[int]bool)
	for _, f := range flashes {
		best, off := -1, 500.0
		for i, b := range beeps {
			if d := milliseconds(b.At - f.At); math.Abs(d) < math.Abs(off) && !used[i] {
				best, off = i, d
			}
		}
		if best < 0 {
			l.UnpairedFlashes++
			continue
		}
		used[best] = true
		l.Pairs = append(l.Pairs, FlashOffset{FileSeconds: f.At.Seconds(), OffsetMs: off})
		at, offsets = append(at, f.At.Seconds()), append(offsets, off)
	}
	l.UnpairedBeeps = len(beeps) - len(used)
	if len(l.Pairs) == 0 {
		return l, fmt.Errorf("%w: %d flashes and %d beeps, but no pair", ErrNoMark, len(flashes), len(beeps))
	}
	l.Offset = spread(at, offsets)
	return l, nil
}
