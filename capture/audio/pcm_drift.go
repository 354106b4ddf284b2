package audio

import (
	"math"

	"beam/capture"
)

// drift follows the clock of the sound: the offset of the capture times from
// the count of samples, and the rate at which the offset grows. It is a Kalman
// filter of these two; noise of milliseconds in single capture times is
// averaged over some ten seconds.
type drift struct {
	t      float64 // seconds since the start, nominal; of the last observation
	offset float64 // seconds
	skew   float64 // seconds a second

	// Covariance of offset and skew.
	poo, pos, pss float64
}

const (
	// Variance of a single capture time, seconds squared: 1 ms.
	captureNoise = 1e-6
	// How fast the skew may wander, (seconds a second) squared, each second:
	// 0.75 ppm. PulseAudio's changes when a client asks for another latency.
	skewWander = 0.56e-12
	// What is thought of the skew beforehand: 200 ppm or less.
	skewGuess = 4e-8
	// An observation farther off than this counts as if it were this far.
	surprise = 0.010
)

// begin takes the first observation at its word.
func (d *drift) begin(t, offset float64) {
	*d = drift{t: t, offset: offset, poo: captureNoise, pss: skewGuess}
}

// at returns the offset at t.
func (d *drift) at(t float64) float64 { return d.offset + d.skew*(t-d.t) }

// observe takes the offset of the samples that are nominally due at t, which
// must not decrease.
func (d *drift) observe(t, offset float64) {
	dt := t - d.t
	d.t = t
	d.offset += d.skew * dt
	d.poo += dt*(2*d.pos+dt*d.pss) + skewWander*dt*dt*dt/3
	d.pos += dt*d.pss + skewWander*dt*dt/2
	d.pss += skewWander * dt

	wrong := min(max(offset-d.offset, -surprise), surprise)
	total := d.poo + captureNoise
	gain, skewGain := d.poo/total, d.pos/total
	d.offset += gain * wrong
	d.skew += skewGain * wrong
	d.pss -= skewGain * d.pos
	d.pos -= skewGain * d.poo
	d.poo -= gain * d.poo
}

// steering is the place in the input from which the next sample of output is
// taken, and the speed at which it moves: one sample of input for each of
// output, or very nearly so.
type steering struct {
	whole   int64   // index of the sample of input
	part    float64 // 0 to 1, from there to the next
	extra   float64 // samples of input for each of output, less one
	engaged bool
}

const (
	// Below this error, seconds, nothing is corrected, until it is exceeded for
	// the first time: without drift the samples shall come out unchanged.
	tolerance = 0.0004
	// An error is corrected with this time constant, seconds.
	patience = 4
	// The greatest change of the speed: 1000 ppm is 1.7 cents.
	maxExtra = 1e-3
	// The greatest change of the speed from one block to the next.
	maxSlew = 5e-6
)

// adjust sets the speed for the next block, which begins at now, in seconds
// since the start.
func (s *steering) adjust(now float64, d *drift) {
	here := nominal(s.whole) + s.part/capture.SampleRate
	late := here + d.at(here) - now // of what would be heard now
	if !s.engaged && math.Abs(late) < tolerance {
		return
	}
	s.engaged = true
	want := min(max(-d.skew-late/patience, -maxExtra), maxExtra)
	s.extra += min(max(want-s.extra, -maxSlew), maxSlew)
}

// advance moves on by one sample of output.
func (s *steering) advance() {
	s.part += s.extra
	s.whole++
	if s.part >= 1 {
		s.part--
		s.whole++
	} else if s.part < 0 {
		s.part++
		s.whole--
	}
}
