package main

import (
	"fmt"
	"math"
)

// bar is one of the design's quality bars.
type bar struct {
	what  string
	rows  func(kind) bool
	value func(t table, r row) []float64 // all have to hold
	holds func(float64) bool             // nil: the value is told, there is no bar
	bound string
	// idle is how many cores the report has to tell as left for the bar to
	// apply.
	idle float64
}

func atLeast(v float64) func(float64) bool { return func(x float64) bool { return x >= v } }
func atMost(v float64) func(float64) bool  { return func(x float64) bool { return x <= v } }
func within(low, high float64) func(float64) bool {
	return func(x float64) bool { return x >= low && x <= high }
}

// verdict says of one value whether the bar holds. A value that is not known is
// said to be unknown: a bar that nobody looked at does not hold.
func (b bar) verdict(r row, v float64) string {
	switch {
	case r.median.idle < b.idle:
		return fmt.Sprintf("no matter, %.2g cores left", r.median.idle)
	case math.IsNaN(v):
		return "unknown"
	case b.holds == nil:
		return "told"
	case b.holds(v):
		return "holds"
	}
	return "FAILS"
}

// judged returns the lines of a bar: one for each value of each row that it is
// about.
func (b bar) judged(t table) []string {
	var out []string
	for _, r := range t {
		if !b.rows(r.kind) {
			continue
		}
		for _, v := range b.value(t, r) {
			line := fmt.Sprintf("%-8s %s (%s): %.4g", b.verdict(r, v), b.what, r.kind.name(), v)
			if b.bound != "" {
				line += ", bar " + b.bound
			}
			if r.median.others > disturbing {
				line += fmt.Sprintf("; disturbed, others used %.2f cores", r.median.others)
			}
			out = append(out, line)
		}
	}
	return out
}

// printBars prints which bars hold.
func printBars(t table) {
	fmt.Println()
	for _, b := range bars() {
		for _, line := range b.judged(t) {
			fmt.Println(line)
		}
	}
}
