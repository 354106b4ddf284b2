package pulse

import (
	"slices"
	"time"

	"beam/capture"
)

// sighting says that the sink played the sample of a stream with this index at
// this time.
type sighting struct {
	index int64
	at    capture.Time
}

// timeline turns the index of a sample into the time at which the sink played
// it: a straight line through the last sightings. The null sink derives its
// clock from CLOCK_MONOTONIC in whole microseconds a block, so the line is
// straight as long as the size of the blocks stays, and single sightings are
// off by tenths of a millisecond, or by more when the machine is busy. The
// median slope and the median offset don't care about a few of those.
type timeline struct {
	seen   []sighting // accepted, oldest first, at most window
	strays []sighting // the latest ones, far off the line
	base   sighting   // a point of the line
	period float64    // nanoseconds for each sample
	jumps  int
}

const (
	nominal   = float64(time.Second) / capture.SampleRate
	window    = 64 // 13 s at one sighting each 200 ms
	fitFrom   = 20 // with fewer, the nominal slope is the better one
	maxSkew   = 1e-3
	strayFrom = 20 * time.Millisecond
	// So many strays in a row that agree are the new truth: samples were lost.
	strayLimit = 5
	agreement  = 5 * time.Millisecond
)

// ready tells whether at can be asked.
func (l *timeline) ready() bool { return len(l.seen) > 0 }

// at returns the time of a sample.
func (l *timeline) at(index int64) capture.Time {
	return l.base.at + capture.Time(float64(index-l.base.index)*l.period)
}

// skew returns how much slower than nominal the samples come: 65e-6 when a
// second's samples take 65 us longer.
func (l *timeline) skew() float64 { return l.period/nominal - 1 }

// observe takes a sighting; they must come in order of index.
func (l *timeline) observe(s sighting) {
	if len(l.seen) > 0 && absolute(s.at.Sub(l.at(s.index))) > strayFrom {
		l.strays = append(l.strays, s)
		if len(l.strays) < strayLimit {
			return
		}
		if !agree(l.strays) {
			l.strays = slices.Delete(l.strays, 0, 1)
			return
		}
		l.seen, l.strays = l.strays, nil
		l.jumps++
	} else {
		l.strays = l.strays[:0]
		l.seen = append(l.seen, s)
		if len(l.seen) > window {
			l.seen = slices.Delete(l.seen, 0, 1)
		}
	}
	l.fit()
}

// fit lays the line through the sightings.
func (l *timeline) fit() {
	first := l.seen[0]
	l.period = nominal
	if half := len(l.seen) / 2; len(l.seen) >= fitFrom {
		// Theil-Sen over the pairs that are half the window apart, which see
		// the slope best.
		slopes := make([]float64, 0, half+1)
		for i := range len(l.seen) - half {
			a, b := l.seen[i], l.seen[i+half]
			if b.index > a.index {
				slopes = append(slopes, float64(b.at.Sub(a.at))/float64(b.index-a.index))
			}
		}
		if len(slopes) > 0 {
			l.period = min(max(median(slopes), nominal*(1-maxSkew)), nominal*(1+maxSkew))
		}
	}
	offsets := make([]float64, len(l.seen))
	for i, s := range l.seen {
		offsets[i] = float64(s.at.Sub(first.at)) - float64(s.index-first.index)*l.period
	}
	l.base = sighting{first.index, first.at + capture.Time(median(offsets))}
}

// agree tells whether the sightings lie on one line of nominal slope.
func agree(s []sighting) bool {
	lo, hi := time.Duration(0), time.Duration(0)
	for _, x := range s[1:] {
		d := x.at.Sub(s[0].at) - time.Duration(float64(x.index-s[0].index)*nominal)
		lo, hi = min(lo, d), max(hi, d)
	}
	return hi-lo <= agreement
}

// median reorders v.
func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

func absolute(d time.Duration) time.Duration { return max(d, -d) }
