package loudness

import "math"

const (
	binsPerLU = 10
	// From the gate to +10 LUFS: a full-scale square wave of 2 to 10 kHz in both
	// channels has +6.5.
	bins = 80 * binsPerLU
)

// histogram counts how often each loudness occurred, in classes of 0.1 LU from
// the gate upwards, and adds up the mean squares of each, so that a mean over
// whole classes is exact. It has the same size for a second and for a day.
type histogram struct {
	count [bins]uint32
	sum   [bins]float64
}

// add counts a mean square; what is below the gate is left out.
func (h *histogram) add(mean float64) {
	l := lufs(mean)
	if l < Gate {
		return
	}
	bin := min(class(l), bins-1)
	h.count[bin]++
	h.sum[bin] += mean
}

// class returns the class of a loudness; the gate has the first.
func class(l float64) int { return int(math.Floor((l - Gate) * binsPerLU)) }

// mean returns the mean of what is louder than a threshold, to the class.
func (h *histogram) mean(threshold float64) (mean float64, ok bool) {
	var n uint64
	for bin := max(0, class(threshold)); bin < bins; bin++ {
		n += uint64(h.count[bin])
		mean += h.sum[bin]
	}
	if n == 0 {
		return 0, false
	}
	return mean / float64(n), true
}

// percentile returns the loudness below which a share of what is louder than the
// threshold lies, in the middle of its class.
func (h *histogram) percentile(threshold, share float64) float64 {
	first := max(0, class(threshold))
	var n uint64
	for bin := first; bin < bins; bin++ {
		n += uint64(h.count[bin])
	}
	if n == 0 {
		return Gate
	}
	rank := uint64(math.Round(share * float64(n-1)))
	for bin := first; bin < bins; bin++ {
		if c := uint64(h.count[bin]); rank < c {
			return Gate + (float64(bin)+0.5)/binsPerLU
		} else {
			rank -= c
		}
	}
	return Gate // not reached: rank is below n
}
