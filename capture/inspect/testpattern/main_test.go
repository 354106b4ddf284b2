package testpattern

import (
	"math"
	"testing"
	"time"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance || math.IsNaN(got) {
		t.Errorf("%s = %.3f, want %.3f within %g", what, got, want, tolerance)
	}
}

// noise fills pcm with white noise of the given peak.
func noise(pcm []float32, peak float32) {
	seed := uint32(7)
	for i := range pcm {
		seed = seed*1664525 + 1013904223
		pcm[i] += (float32(seed>>8)/(1<<24)*2 - 1) * peak
	}
}

// tone adds a sine that begins at exactly at.
func tone(pcm []float32, rate int, at, length time.Duration, hz, amplitude float64) {
	from, to := at.Seconds()*float64(rate), (at+length).Seconds()*float64(rate)
	for i := max(0, int(math.Ceil(from))); float64(i) < to && i < len(pcm); i++ {
		pcm[i] += float32(amplitude * math.Sin(2*math.Pi*hz*(float64(i)-from)/float64(rate)))
	}
}
