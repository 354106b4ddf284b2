package testpattern

import (
	"slices"
	"testing"
	"time"
)

// clockOf returns readings 100 ms apart; values below 0 are unreadable.
func clockOf(values ...int) []Reading {
	var all []Reading
	for i, v := range values {
		all = append(all, Reading{At: time.Duration(i) * 100 * time.Millisecond, Value: uint32(max(v, 0)), OK: v >= 0})
	}
	return all
}

func TestLoads(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []int
		want   []int // lengths of the parts
	}{
		{"nothing", nil, nil},
		{"one", []int{0, 100, 200, 200, 300}, []int{5}},
		{"out of order", []int{0, 100, 300, 200, 250, 400, 500}, []int{7}},
		{"out of order at the end", []int{0, 100, 300, 200}, []int{4}},
		{"again", []int{500, 600, 700, 700, -1, 0, 100, 200, 300}, []int{5, 4}},
		{"again, longer than before", []int{0, 100, 200, 300, 0, 100, 200, 300, 400, 500}, []int{4, 6}},
		{"twice", []int{800, 900, 20, 120, -1, 220, 10, 110, 210}, []int{2, 4, 3}},
		{"unreadable", []int{-1, -1}, []int{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			readings := clockOf(c.values...)
			var got []int
			var together []Reading
			for _, part := range Loads(readings) {
				got = append(got, len(part))
				together = append(together, part...)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("parts of %v readings, want %v", got, c.want)
			}
			if !slices.Equal(together, readings) {
				t.Error("readings were lost")
			}
		})
	}
}
