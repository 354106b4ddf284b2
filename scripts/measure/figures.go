package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// figures are what one recording gave; NaN stands for what it does not have.
type figures struct {
	distinct   float64 // frames a second, by content
	kept       float64 // share of the frames that one participant sent, by content, 0 to 1
	painted    float64 // share of the frames that the page painted, by the report, 0 to 1
	freeze     float64 // longest, ms, by content
	sound      float64 // share of the sound kept, 0 to 1
	holes      float64 // in the sound
	lipSync    float64 // median, ms, sound late positive
	offset     float64 // median on the timing page, ms
	steadiness float64 // spread of that offset, ms
	drift      float64 // ms a minute
	cores      float64 // all programs, the page included
	idle       float64 // cores left at the worst, by the report
	memory     float64 // beam and ffmpeg together, peak MB
	growth     float64 // peak of the last third less that of the first, MB
	first      float64 // seconds from the command to the first frame
	finish     float64 // seconds from the stop to the end of the command
	changes    float64 // of the rate
	meanFPS    float64 // rate that the governor held, on average
	exit       float64 // code of the command
	others     float64 // cores that programs of others used meanwhile
	steal      float64 // cores that the host took away meanwhile

	preset   string
	parts    map[string]float64 // of first, seconds
	programs map[string]float64 // cores of each
	notes    []string
}

// none returns figures without any.
func none() figures {
	var f figures
	for _, p := range f.fields() {
		*p = math.NaN()
	}
	return f
}

// fields lists pointers to all numbers of f.
func (f *figures) fields() []*float64 {
	return []*float64{
		&f.distinct, &f.kept, &f.painted, &f.freeze, &f.sound, &f.holes, &f.lipSync, &f.offset, &f.steadiness, &f.drift, &f.cores,
		&f.idle, &f.memory, &f.growth, &f.first, &f.finish, &f.changes, &f.meanFPS, &f.exit, &f.others, &f.steal,
	}
}

// row is some recordings of one kind, one of each round of its group, and their
// medians.
type row struct {
	kind   kind
	median figures
	all    []figures // none() for a round that failed
}

func newRow(k kind, all []figures) row {
	r := row{kind: k, median: none(), all: all}
	to := r.median.fields()
	for i := range to {
		var values []float64
		for _, f := range all {
			values = append(values, *f.fields()[i])
		}
		*to[i] = median(values)
	}
	r.median.parts = medians(all, func(f figures) map[string]float64 { return f.parts })
	r.median.programs = medians(all, func(f figures) map[string]float64 { return f.programs })
	for i, f := range all {
		if f.preset != "" {
			r.median.preset = f.preset
		}
		for _, n := range f.notes {
			r.median.notes = append(r.median.notes, fmt.Sprintf("run %d: %s", i+1, n))
		}
	}
	return r
}

func medians(all []figures, pick func(figures) map[string]float64) map[string]float64 {
	values := map[string][]float64{}
	for _, f := range all {
		for name, v := range pick(f) {
			values[name] = append(values[name], v)
		}
	}
	out := map[string]float64{}
	for name := range maps.Keys(values) {
		out[name] = median(values[name])
	}
	return out
}

// median returns the median of what is known, NaN when nothing is.
func median(v []float64) float64 {
	known := slices.DeleteFunc(slices.Clone(v), math.IsNaN)
	if len(known) == 0 {
		return math.NaN()
	}
	slices.Sort(known)
	n := len(known)
	return (known[(n-1)/2] + known[n/2]) / 2
}

// table is what was measured, in its order.
type table []row

// of returns the row of a kind, nil when it was not measured.
func (t table) of(k kind) *row {
	for i := range t {
		if t[i].kind == k {
			return &t[i]
		}
	}
	return nil
}

// rounds calls each with the figures of r, of the row of the page alone and of
// the one of another kind, round by round, and returns the median of what it
// returns: what is compared was measured within a minute.
func (t table) rounds(r row, other kind, each func(own, alone, other figures) float64) float64 {
	at := func(k kind, i int) figures {
		if found := t.of(k); found != nil && i < len(found.all) {
			return found.all[i]
		}
		return none()
	}
	var values []float64
	for i, own := range r.all {
		values = append(values, each(own, at(r.kind.alone(), i), at(other, i)))
	}
	return median(values)
}

// overPage returns the cores of a row over those of its page alone.
func (t table) overPage(r row) float64 {
	if r.kind == r.kind.alone() {
		return math.NaN()
	}
	return t.rounds(r, r.kind, func(own, alone, _ figures) float64 { return own.cores - alone.cores })
}
