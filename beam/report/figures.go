package report

import (
	"math"
	"time"
)

// SilenceDBFS stands for the level of silence, whose logarithm has no end.
const SilenceDBFS = -120

// Decibels returns the level of a 16-bit amplitude in dB of full scale.
func Decibels(amplitude float64) float64 {
	if amplitude < 1 {
		return SilenceDBFS
	}
	return Round(max(SilenceDBFS, 20*math.Log10(amplitude/32768)), 1)
}

// Milliseconds returns d in ms, to a tenth.
func Milliseconds(d time.Duration) float64 { return Round(float64(d)/1e6, 1) }

// Round rounds to decimals places.
func Round(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}
