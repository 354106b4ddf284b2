package testpattern

import (
	"slices"
	"time"
)

// A Reading is what was read from the strip of one picture.
type Reading struct {
	At    time.Duration // presentation time of the picture in the file
	Value uint32
	OK    bool // false where no strip could be read
}

// Motion tells how the number in a strip went on from picture to picture.
type Motion struct {
	Pictures          int     `json:"pictures"`
	Unreadable        int     `json:"unreadable"`          // pictures without a valid strip
	Distinct          int     `json:"distinct"`            // pictures whose number differs from the one before
	Repeated          int     `json:"repeated"`            // pictures with the same number as the one before
	DistinctPerSecond float64 `json:"distinct_per_second"` // over the time from the first to the end of the last picture
	LongestFreezeMs   float64 `json:"longest_freeze_ms"`   // longest time in the file that one number was shown
	LongestFreezeAtS  float64 `json:"longest_freeze_at_seconds"`
}

// MeasureMotion counts readings that are in the order of their times. An
// unreadable picture is neither distinct nor repeated. The last picture counts
// as shown for as long as the usual one.
func MeasureMotion(readings []Reading) Motion {
	m := Motion{Pictures: len(readings)}
	shown := showings(readings)
	m.Distinct = len(shown)
	for _, r := range readings {
		if !r.OK {
			m.Unreadable++
		}
	}
	m.Repeated = m.Pictures - m.Unreadable - m.Distinct
	if len(shown) == 0 {
		return m
	}
	end := readings[len(readings)-1].At + usualInterval(readings)
	for i, r := range shown {
		until := end
		if i+1 < len(shown) {
			until = shown[i+1].At
		}
		if ms := milliseconds(until - r.At); ms > m.LongestFreezeMs {
			m.LongestFreezeMs, m.LongestFreezeAtS = ms, r.At.Seconds()
		}
	}
	if span := end - readings[0].At; span > 0 {
		m.DistinctPerSecond = float64(m.Distinct) / span.Seconds()
	}
	return m
}

// showings returns the readings that begin a new number.
func showings(readings []Reading) []Reading {
	var out []Reading
	for _, r := range readings {
		if r.OK && (len(out) == 0 || out[len(out)-1].Value != r.Value) {
			out = append(out, r)
		}
	}
	return out
}

// usualInterval returns the median time between two pictures.
func usualInterval(readings []Reading) time.Duration {
	if len(readings) < 2 {
		return 0
	}
	d := make([]time.Duration, 0, len(readings)-1)
	for i := 1; i < len(readings); i++ {
		d = append(d, readings[i].At-readings[i-1].At)
	}
	slices.Sort(d)
	return d[len(d)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
