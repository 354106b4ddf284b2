package loudness

import (
	"math"

	"beam/capture"
)

const (
	channels = capture.Channels
	// Loudness is taken ten times a second, over the last 400 ms (momentary,
	// BS.1770-4's gating block with its overlap of 75 %) and over the last 3 s
	// (short-term, EBU Tech 3341).
	step      = capture.SampleRate / 10 // samples
	momentary = 4                       // steps
	shortTerm = 30                      // steps

	// Gate is the absolute threshold in LUFS: what is quieter is a pause.
	Gate = -70
)

// Meter measures audio as it comes. Its memory does not grow: about 26 KB. The
// zero value is not ready, New is. It is not safe for concurrent use.
type Meter struct {
	shelf, pass biquad
	odd         bool // a left value is waiting for its right one
	left        int16
	filled      int                // samples in the step that is going on
	power       [channels]float64  // sums of squares in it
	steps       [shortTerm]float64 // mean squares of the last steps, both channels added
	count       int                // steps so far
	blocks      histogram          // of 400 ms
	terms       histogram          // of 3 s
	loudest     [2]float64         // momentary and short-term, mean squares
	peak        int                // largest value, without its sign
}

// New returns a meter for 48 kHz stereo.
func New() *Meter { return &Meter{shelf: shelf(), pass: highPass()} }

// Add takes the next values: 16 bit, left and right in turn, as many as there
// are.
func (m *Meter) Add(pcm []int16) {
	if m.odd && len(pcm) > 0 {
		m.odd = false
		m.add([]int16{m.left, pcm[0]})
		pcm = pcm[1:]
	}
	if len(pcm)%channels != 0 {
		m.odd, m.left = true, pcm[len(pcm)-1]
		pcm = pcm[:len(pcm)-1]
	}
	m.add(pcm)
}

// add takes whole samples.
func (m *Meter) add(pcm []int16) {
	for len(pcm) > 0 {
		n := min(len(pcm)/channels, step-m.filled)
		m.weigh(pcm[:n*channels])
		pcm = pcm[n*channels:]
		if m.filled += n; m.filled == step {
			m.endStep()
		}
	}
}

// weigh filters samples and adds up their squares.
func (m *Meter) weigh(pcm []int16) {
	const full = 1.0 / 32768
	shelf, pass := m.shelf, m.pass // copies, which can live in registers
	left, right, peak := m.power[0], m.power[1], m.peak
	for i := 0; i+1 < len(pcm); i += channels {
		l, r := int(pcm[i]), int(pcm[i+1])
		peak = max(peak, l, -l, r, -r)
		x := pass.next(0, shelf.next(0, float64(l)*full))
		y := pass.next(1, shelf.next(1, float64(r)*full))
		left += x * x
		right += y * y
	}
	m.shelf, m.pass = shelf, pass
	m.power, m.peak = [channels]float64{left, right}, peak
}

// endStep takes the loudness at the end of each tenth of a second.
func (m *Meter) endStep() {
	m.steps[m.count%shortTerm] = (m.power[0] + m.power[1]) / step // left and right weigh 1.0
	m.count++
	m.filled, m.power = 0, [channels]float64{}
	m.shelf.settle()
	m.pass.settle()
	if m.count >= momentary {
		mean := m.mean(momentary)
		m.blocks.add(mean)
		m.loudest[0] = max(m.loudest[0], mean)
	}
	if m.count >= shortTerm {
		mean := m.mean(shortTerm)
		m.terms.add(mean)
		m.loudest[1] = max(m.loudest[1], mean)
	}
}

// mean returns the mean square of the last n steps.
func (m *Meter) mean(n int) float64 {
	sum := 0.0
	for i := range n {
		sum += m.steps[(m.count-1-i)%shortTerm]
	}
	return sum / float64(n)
}

// Report is how loud the audio was so far.
type Report struct {
	// Known is false as long as nothing was louder than the gate: the other
	// figures say nothing then.
	Known        bool    `json:"known"`
	Integrated   float64 `json:"integrated_lufs"`     // LUFS, pauses left out; Gate when not Known
	Range        float64 `json:"range_lu"`            // LU; 0 for less than three seconds
	MaxMomentary float64 `json:"max_momentary_lufs"`  // over 400 ms; Gate when nothing was louder
	MaxShortTerm float64 `json:"max_short_term_lufs"` // over 3 s; Gate when nothing was louder
	PeakDBFS     float64 `json:"peak_dbfs"`           // largest sample, not between samples; -120 for digital silence
}

// Report may be called at any time; it costs some microseconds.
func (m *Meter) Report() Report {
	r := Report{Integrated: Gate, PeakDBFS: -120}
	r.MaxMomentary, r.MaxShortTerm = max(Gate, lufs(m.loudest[0])), max(Gate, lufs(m.loudest[1]))
	if m.peak > 0 {
		r.PeakDBFS = 20 * math.Log10(float64(m.peak)/32768)
	}
	if mean, ok := m.blocks.mean(Gate); ok {
		mean, _ = m.blocks.mean(lufs(mean) - 10) // the relative threshold, BS.1770-4
		r.Known, r.Integrated = true, lufs(mean)
	}
	if mean, ok := m.terms.mean(Gate); ok {
		gate := lufs(mean) - 20 // EBU Tech 3342
		r.Range = m.terms.percentile(gate, 0.95) - m.terms.percentile(gate, 0.10)
	}
	return r
}

// lufs turns a weighted mean square into loudness (BS.1770-4, equation 2).
func lufs(mean float64) float64 {
	if mean <= 0 {
		return math.Inf(-1)
	}
	return -0.691 + 10*math.Log10(mean)
}
