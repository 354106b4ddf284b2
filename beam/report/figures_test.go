package report

import "testing"

func TestDecibels(t *testing.T) {
	for amplitude, want := range map[float64]float64{0: SilenceDBFS, 32768: 0, 16384: -6, 1: -90.3} {
		if got := Decibels(amplitude); got != want {
			t.Errorf("%v: %v dBFS, want %v", amplitude, got, want)
		}
	}
}
