package testpattern

import (
	"math"
	"time"
)

// ToneWindow holds the levels of some tones in one window of sound.
type ToneWindow struct {
	At         time.Duration // start of the window
	LevelsDBFS []float64     // one for each frequency; a sine of full scale is 0, silence -120
}

// ToneMeter measures the levels of tones in a stream of mono samples, window
// by window, with Goertzel's algorithm.
type ToneMeter struct {
	rate    int
	freqs   []float64
	size    int // samples in a window
	at      time.Duration
	rest    []float32
	windows []ToneWindow
}

// NewToneMeter returns a ToneMeter for frequencies in Hz. A tone is told from
// another when they are at least 2/window apart.
func NewToneMeter(rate int, freqs []float64, window time.Duration) *ToneMeter {
	return &ToneMeter{rate: rate, freqs: freqs, size: max(1, round(window.Seconds()*float64(rate)))}
}

// Push takes the next samples; the first one is to be heard at at. A hole
// before it starts a new window.
func (m *ToneMeter) Push(at time.Duration, pcm []float32) {
	expected := m.at + m.duration(len(m.rest))
	if len(m.rest) == 0 || (at-expected).Abs() > biggestJump {
		m.at, m.rest = at, m.rest[:0]
	}
	m.rest = append(m.rest, pcm...)
	for len(m.rest) >= m.size {
		w := ToneWindow{At: m.at, LevelsDBFS: make([]float64, len(m.freqs))}
		for i, hz := range m.freqs {
			w.LevelsDBFS[i] = decibels(goertzel(m.rest[:m.size], hz/float64(m.rate)))
		}
		m.windows = append(m.windows, w)
		m.rest = append(m.rest[:0], m.rest[m.size:]...)
		m.at += m.duration(m.size)
	}
}

// Windows returns the whole windows so far, in order.
func (m *ToneMeter) Windows() []ToneWindow { return m.windows }

func (m *ToneMeter) duration(samples int) time.Duration {
	return time.Duration(float64(samples) / float64(m.rate) * float64(time.Second))
}

// Tones returns the levels of the tones of freqs (Hz) in each whole window of
// pcm, mono at rate samples a second.
func Tones(pcm []float32, rate int, freqs []float64, window time.Duration) []ToneWindow {
	m := NewToneMeter(rate, freqs, window)
	m.Push(0, pcm)
	return m.Windows()
}

// Present returns the seconds of the file, ascending, in which the tone number
// i of the windows reaches thresholdDBFS in at least half of the windows that
// begin in that second.
func Present(windows []ToneWindow, i int, thresholdDBFS float64) []int {
	var seconds []int
	for from := 0; from < len(windows); {
		second := whole(windows[from].At)
		n, loud := 0, 0
		for ; from < len(windows) && whole(windows[from].At) == second; from++ {
			n++
			if windows[from].LevelsDBFS[i] >= thresholdDBFS {
				loud++
			}
		}
		if 2*loud >= n {
			seconds = append(seconds, second)
		}
	}
	return seconds
}

// whole returns the second that t lies in. Half a millisecond is allowed for
// windows that begin a rounding error early.
func whole(t time.Duration) int {
	return int(math.Floor((t + time.Millisecond/2).Seconds()))
}

// goertzel returns the amplitude of the tone of freq cycles a sample, under a
// Hann window, which keeps loud neighbours out.
func goertzel(pcm []float32, freq float64) float64 {
	c := 2 * math.Cos(2*math.Pi*freq)
	var s1, s2, weights float64
	for i, v := range pcm {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(pcm)))
		weights += w
		s1, s2 = float64(v)*w+c*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - c*s1*s2
	if weights == 0 || power <= 0 {
		return 0
	}
	return 2 * math.Sqrt(power) / weights
}
