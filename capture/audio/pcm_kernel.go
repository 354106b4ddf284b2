package audio

import (
	"math"
	"sync"
)

const (
	taps   = 32  // samples of input that make one of output
	phases = 512 // places between two samples that are tabulated; between them, linear
	// Shape of the Kaiser window: stop band at about -90 dB.
	kaiserBeta = 9
)

// kernels holds the weights of a windowed sinc for each phase, and for phase 1
// at the end, which is phase 0 moved by a sample.
var kernels = sync.OnceValue(func() *[phases + 1][taps]float64 {
	var table [phases + 1][taps]float64
	for p := range table {
		sum := 0.0
		for i := range taps {
			x := float64(i-taps/2+1) - float64(p)/phases
			w := x * 2 / taps
			table[p][i] = sinc(x) * bessel(kaiserBeta*math.Sqrt(max(0, 1-w*w)))
			sum += table[p][i]
		}
		for i := range taps {
			table[p][i] /= sum // a constant stays what it is
		}
	}
	return &table
})

// kernel returns the weights for a place part of the way, 0 to 1, between two
// samples; the samples are those from taps/2-1 before the place on.
func kernel(part float64) *[taps]float64 {
	table := kernels()
	at := part * phases
	p := min(int(at), phases-1)
	f := at - float64(p)
	var w [taps]float64
	for i := range w {
		w[i] = table[p][i] + f*(table[p+1][i]-table[p][i])
	}
	return &w
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= x * x / 4 / (k * k)
		sum += term
	}
	return sum
}
