package contactsheet

import (
	"math"
	"time"

	"beam/capture"
	"beam/capture/inspect"
)

// Bins of a waveform begin with 2 ms, and when there are too many of them two
// become one. So there is always a thousand and a half for a sheet's width.
const (
	firstBin = capture.SampleRate / 500 // samples
	mostBins = 8192
)

// bin is a short time of the sound.
type bin struct {
	low, high float32
	power     float64 // sum of squares
	n         int     // samples
}

func (b *bin) join(o bin) {
	if o.n == 0 {
		return
	}
	if b.n == 0 {
		*b = o
		return
	}
	b.low, b.high = min(b.low, o.low), max(b.high, o.high)
	b.power += o.power
	b.n += o.n
}

// wave takes mono sound run by run. Its memory does not grow with the length.
type wave struct {
	start time.Duration // presentation time of the beginning of the sheet
	per   int64         // samples in a bin
	bins  []bin
	peak  float64
}

func newWave(start time.Duration) *wave {
	return &wave{start: start, per: firstBin, bins: make([]bin, 0, mostBins)}
}

func (w *wave) add(s inspect.Sound) error {
	at := int64((s.PTS - w.start) * capture.SampleRate / time.Second)
	for i, v := range s.PCM {
		sample := at + int64(i)
		if sample < 0 || v != v {
			continue // priming
		}
		w.sample(sample, v)
	}
	return nil
}

func (w *wave) sample(at int64, v float32) {
	for at/w.per >= mostBins {
		w.halve()
	}
	n := int(at / w.per)
	for len(w.bins) <= n {
		w.bins = append(w.bins, bin{})
	}
	w.bins[n].join(bin{low: v, high: v, power: float64(v) * float64(v), n: 1})
	w.peak = max(w.peak, math.Abs(float64(v)))
}

// halve makes one bin of two.
func (w *wave) halve() {
	for i := range (len(w.bins) + 1) / 2 {
		b := w.bins[2*i]
		if 2*i+1 < len(w.bins) {
			b.join(w.bins[2*i+1])
		}
		w.bins[i] = b
	}
	w.bins = w.bins[:(len(w.bins)+1)/2]
	w.per *= 2
}

// column is what one column of pixels shows, -1 to 1. Empty tells of a time
// without samples.
type column struct {
	low, high, rms float64
	empty          bool
}

// columns spreads the sound of a length over so many columns.
func (w *wave) columns(n int, length time.Duration) []column {
	out := make([]column, n)
	total := float64(length) * capture.SampleRate / float64(time.Second) / float64(w.per) // bins
	for i := range out {
		from := int(total * float64(i) / float64(n))
		to := max(int(total*float64(i+1)/float64(n)), from+1)
		var b bin
		for j := from; j < to && j < len(w.bins); j++ {
			b.join(w.bins[j])
		}
		if b.n == 0 {
			out[i].empty = true
			continue
		}
		out[i] = column{low: float64(b.low), high: float64(b.high), rms: math.Sqrt(b.power / float64(b.n))}
	}
	return out
}

// decibels returns an amplitude in dBFS, -120 for none.
func decibels(v float64) float64 {
	return 20 * math.Log10(max(v, 1e-6))
}
