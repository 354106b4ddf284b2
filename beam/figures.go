package beam

import (
	"math"
	"time"
)

// silenceDBFS stands for the level of silence, whose logarithm has no end.
const silenceDBFS = -120

// decibels returns the level of a 16-bit amplitude in dB of full scale.
func decibels(amplitude float64) float64 {
	if amplitude < 1 {
		return silenceDBFS
	}
	return round(max(silenceDBFS, 20*math.Log10(amplitude/32768)), 1)
}

// milliseconds returns d in ms, to a tenth.
func milliseconds(d time.Duration) float64 { return round(float64(d)/1e6, 1) }

// round rounds to decimals places.
func round(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}
