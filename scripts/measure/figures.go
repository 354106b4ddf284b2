package main

import (
	"math"
	"slices"
)

// figures are what one recording gave; NaN stands for what it does not have.
type figures struct {
	distinct   float64 // pictures a second
	kept       float64 // share of the source's pictures, 0 to 1
	freeze     float64 // longest, ms
	sound      float64 // share of the sound kept, 0 to 1
	lipSync    float64 // median, ms, sound late positive
	steadiness float64 // spread of the offset, ms
	drift      float64 // ms a minute
	cores      float64 // all programs, the page included
	memory     float64 // beam and ffmpeg together, peak MB
	first      float64 // seconds from the command to the first picture
	finish     float64 // seconds from the stop to the end of the command
}

// none returns figures without any.
func none() figures {
	n := math.NaN()
	return figures{n, n, n, n, n, n, n, n, n, n, n}
}

// fields lists pointers to all figures of f.
func (f *figures) fields() []*float64 {
	return []*float64{&f.distinct, &f.kept, &f.freeze, &f.sound, &f.lipSync, &f.steadiness, &f.drift, &f.cores, &f.memory, &f.first, &f.finish}
}

// row is the median of some recordings of one kind.
type row struct {
	kind   kind
	median figures
	all    []figures
}

func newRow(k kind, all []figures) row {
	r := row{kind: k, median: none(), all: all}
	to := r.median.fields()
	for i := range to {
		var values []float64
		for _, f := range all {
			if v := *f.fields()[i]; !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		*to[i] = median(values)
	}
	return r
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}
