package testpattern

import (
	"math"
	"slices"
)

// line is y = y0 + slope*(x - x0).
type line struct{ x0, y0, slope float64 }

func (l line) at(x float64) float64 { return l.y0 + l.slope*(x-l.x0) }

// x returns where the line has the value y.
func (l line) x(y float64) float64 { return l.x0 + (y-l.y0)/l.slope }

// fit returns the line of least squares through the points; with points of one
// x only, a level one.
func fit(xs, ys []float64) line {
	l := line{x0: average(xs), y0: average(ys)}
	var xy, xx float64
	for i := range xs {
		xy += (xs[i] - l.x0) * (ys[i] - l.y0)
		xx += (xs[i] - l.x0) * (xs[i] - l.x0)
	}
	if xx > 0 {
		l.slope = xy / xx
	}
	return l
}

// fitMost fits twice, the second time without the points that lay further than
// far from the first line.
func fitMost(xs, ys []float64, far float64) line {
	l := fit(xs, ys)
	var nearX, nearY []float64
	for i := range xs {
		if math.Abs(ys[i]-l.at(xs[i])) <= far {
			nearX, nearY = append(nearX, xs[i]), append(nearY, ys[i])
		}
	}
	if len(nearX) < len(xs)/2 || len(nearX) < 2 {
		return l
	}
	return fit(nearX, nearY)
}

func average(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// median returns the middle of v, the mean of the two middle ones where their
// number is even, and 0 of nothing.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

// Spread sums a series of offsets up.
type Spread struct {
	MedianMs         float64 `json:"median_ms"`
	MinMs            float64 `json:"min_ms"`
	MaxMs            float64 `json:"max_ms"`
	DriftMsPerMinute float64 `json:"drift_ms_per_minute"` // slope of the straight line through the offsets
}

// spread takes offsets in ms and their times in the file in seconds.
func spread(seconds, ms []float64) Spread {
	if len(ms) == 0 {
		return Spread{}
	}
	return Spread{
		MedianMs: median(ms), MinMs: slices.Min(ms), MaxMs: slices.Max(ms),
		DriftMsPerMinute: fit(seconds, ms).slope * 60,
	}
}
