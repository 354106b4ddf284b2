package testpattern

import (
	"math"
	"slices"
)

// stretch is a part of a recording in which the page's clock and the file's go
// side by side. A pause of the recording, or a hole cut out of it, begins a new
// one.
type stretch struct {
	page, file []float64 // ms, of the first showing of each value
	line       line      // file over page
}

const (
	// A jump between the two clocks that lasts makes a new stretch; a few
	// late pictures don't.
	stretchJump = 100.0 // ms
	stretchLast = 15    // pictures
	// farFromLine is what keeps a late picture out of a fit.
	farFromLine = 100.0 // ms
)

// stretches divides the showings of a clock that goes forward.
func stretches(shown []Reading) []stretch {
	behind := make([]float64, len(shown)) // file less page, ms
	for i, r := range shown {
		behind[i] = milliseconds(r.At) - float64(r.Value)
	}
	var all []stretch
	from := 0
	for i := 1; i <= len(shown); i++ {
		if i < len(shown) && !jumps(behind[from:], i-from) {
			continue
		}
		s := stretch{}
		for _, r := range shown[from:i] {
			s.page = append(s.page, float64(r.Value))
			s.file = append(s.file, milliseconds(r.At))
		}
		s.line = fitMost(s.page, s.file, farFromLine)
		if len(s.page) < 2 || s.line.slope <= 0 {
			s.line.slope = 1 // too little to tell a drift from
		}
		all = append(all, s)
		from = i
	}
	return all
}

// jumps tells whether a lasting jump lies before i.
func jumps(behind []float64, i int) bool {
	if math.Abs(behind[i]-behind[i-1]) < stretchJump {
		return false
	}
	before := behind[max(0, i-stretchLast):i]
	after := behind[i:min(len(behind), i+stretchLast)]
	return math.Abs(median(after)-median(before)) >= stretchJump
}

// forward returns the showings without those in which the clock went back, and
// how many these are.
func forward(shown []Reading) ([]Reading, int) {
	out := make([]Reading, 0, len(shown))
	for _, r := range shown {
		if len(out) == 0 || r.Value > out[len(out)-1].Value {
			out = append(out, r)
		}
	}
	return out, len(shown) - len(out)
}

// containing returns the stretch that is being shown at a time of the file, the
// first one for times before it.
func containing(all []stretch, fileMs float64) *stretch {
	at := 0
	for i := range all {
		if all[i].file[0] <= fileMs {
			at = i
		}
	}
	return &all[at]
}

// shownAt returns when, in ms of the file, the page's clock showed pageMs, from
// the pictures of a second on either side; and from the whole stretch where
// there are too few.
func (s *stretch) shownAt(pageMs float64) float64 {
	from, _ := slices.BinarySearch(s.page, pageMs-1000)
	to, _ := slices.BinarySearch(s.page, pageMs+1000)
	if to-from < 5 {
		return s.line.at(pageMs)
	}
	off := make([]float64, 0, to-from) // of the pictures from the line
	for i := from; i < to; i++ {
		off = append(off, s.file[i]-s.line.at(s.page[i]))
	}
	mid := median(off)
	off = slices.DeleteFunc(off, func(d float64) bool { return math.Abs(d-mid) > farFromLine })
	return s.line.at(pageMs) + average(off)
}

// wander returns, second by second, the median distance of the pictures from
// the line, in ms.
func (s *stretch) wander() []float64 {
	var out, second []float64
	for i := range s.page {
		second = append(second, s.file[i]-s.line.at(s.page[i]))
		if i+1 == len(s.page) || math.Floor(s.page[i+1]/1000) != math.Floor(s.page[i]/1000) {
			if len(second) >= 5 {
				out = append(out, median(second))
			}
			second = second[:0]
		}
	}
	return out
}
