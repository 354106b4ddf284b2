package loudness

import "math"

// biquad is a filter of second order in the transposed direct form II, for both
// channels: side by side they keep the processor busy where one would wait for
// itself.
type biquad struct {
	b0, b1, b2, a1, a2 float64
	z1, z2             [channels]float64
}

// The two stages of the K weighting at 48 kHz (ITU-R BS.1770-4, Annex 1, tables
// 1 and 2): a shelf for the head, and a high pass.
func shelf() biquad {
	return biquad{b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241, a2: 0.73248077421585}
}

func highPass() biquad {
	return biquad{b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621}
}

// next filters one sample of one channel.
func (f *biquad) next(channel int, x float64) float64 {
	y := f.b0*x + f.z1[channel]
	f.z1[channel] = f.b1*x - f.a1*y + f.z2[channel]
	f.z2[channel] = f.b2*x - f.a2*y
	return y
}

// settle ends the fading out of a filter in silence, which would go on in
// denormal numbers, a hundred times as slow to compute with.
func (f *biquad) settle() {
	for c := range channels {
		if math.Abs(f.z1[c]) < 1e-30 && math.Abs(f.z2[c]) < 1e-30 {
			f.z1[c], f.z2[c] = 0, 0
		}
	}
}
