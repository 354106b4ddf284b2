package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"beam/capture"
)

const pcmStart = capture.Time(5e12)

// collect keeps what a PCM emits, and checks that the blocks follow each other.
type collect struct {
	t   *testing.T
	pcm []int16
}

func (c *collect) emit(s capture.Samples) {
	c.t.Helper()
	if s.Len() != BlockLen {
		c.t.Fatalf("block of %d samples", s.Len())
	}
	if want := pcmStart.Add(time.Duration(len(c.pcm)/capture.Channels/BlockLen) * 10 * time.Millisecond); s.At != want {
		c.t.Fatalf("block at %d, want %d", s.At, want)
	}
	c.pcm = append(c.pcm, s.PCM...)
}

func newPCM(t *testing.T) (*PCM, *collect) {
	c := &collect{t: t}
	return NewPCM(pcmStart, c.emit), c
}

// count returns n samples that can be told apart: n, n+1, ... on the left.
func count(from, n int) []int16 {
	pcm := make([]int16, 0, n*capture.Channels)
	for i := range n {
		v := int16((from+i)%30000 + 100)
		pcm = append(pcm, v, -v)
	}
	return pcm
}

func at(samples int) capture.Time {
	return pcmStart.Add(time.Duration(samples) * time.Second / capture.SampleRate)
}

func TestPCMPassesThroughUnchanged(t *testing.T) {
	for _, size := range []int{1, 240, 480, 960, 977, 24000} {
		p, c := newPCM(t)
		n := 0
		for ; n < 3*capture.SampleRate; n += size {
			p.Push(capture.Samples{At: at(n), PCM: count(n, size)})
		}
		p.Flush(at(n))
		if !slices.Equal(c.pcm[:n*capture.Channels], count(0, n)) {
			t.Errorf("packets of %d samples were changed", size)
		}
		s := p.Stats()
		if s.Holes != 0 || s.Overlap != 0 || s.Early != 0 || s.In != int64(n) || s.Out != int64(len(c.pcm)/capture.Channels) || s.In+s.Filled != s.Out {
			t.Errorf("packets of %d samples: %+v", size, s)
		}
	}
}

// part is a run of samples from..to of the count, captured shift samples later
// than due.
type part struct{ from, to, shift int }

func TestPCMTimes(t *testing.T) {
	const second, ms = capture.SampleRate, capture.SampleRate / 1000
	tests := []struct {
		name  string
		parts []part
		until int
		want  []part // where the samples come out; the rest is silence
		stats PCMStats
	}{
		{"late start", []part{{second / 2, second, 0}}, second, []part{{second / 2, second, 0}},
			PCMStats{Filled: second / 2}},
		{"from before the start", []part{{-second / 10, second, 0}}, second, []part{{0, second, 0}},
			PCMStats{Early: second / 10}},
		{"wholly before the start", []part{{-second, -second / 2, 0}, {0, second, 0}}, second, []part{{0, second, 0}},
			PCMStats{Early: second / 2}},
		{"hole of 300 ms", []part{{0, second, 0}, {second, 2 * second, 300 * ms}}, 2*second + 300*ms,
			[]part{{0, second, 0}, {second, 2 * second, 300 * ms}},
			PCMStats{Holes: 1, HoleTime: 300 * time.Millisecond, LongestHole: 300 * time.Millisecond, Filled: 300 * ms}},
		{"two holes", []part{{0, second, 0}, {second, 2 * second, 100 * ms}, {2 * second, 3 * second, 150 * ms}}, 3*second + 150*ms,
			[]part{{0, second, 0}, {second, 2 * second, 100 * ms}, {2 * second, 3 * second, 150 * ms}},
			PCMStats{Holes: 2, HoleTime: 150 * time.Millisecond, LongestHole: 100 * time.Millisecond, Filled: 150 * ms}},
		{"overlap of 100 ms", []part{{0, second, 0}, {second, 2 * second, -100 * ms}}, 2*second - 100*ms,
			[]part{{0, second, 0}, {second + 100*ms, 2 * second, -100 * ms}},
			PCMStats{Overlap: 100 * ms}},
		{"backwards, wholly overlapped", []part{{0, second, 0}, {0, second / 2, 0}, {second, 2 * second, 0}}, 2 * second,
			[]part{{0, second, 0}, {second, 2 * second, 0}}, PCMStats{Overlap: second / 2}},
		{"silence at the end", []part{{0, second, 0}}, 2 * second, []part{{0, second, 0}},
			PCMStats{Holes: 1, HoleTime: time.Second, LongestHole: time.Second, Filled: second}},
		{"nothing but silence", nil, second, nil, PCMStats{Filled: second}},
		{"a whole day off", []part{{0, second, 0}, {second, second + 480, 86400 * second}, {second, 2 * second, 0}}, 2 * second,
			[]part{{0, 2 * second, 0}}, PCMStats{Implausible: 480}},
		{"until in the past", []part{{0, second, 0}}, second / 2, []part{{0, second - 480, 0}}, PCMStats{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, c := newPCM(t)
			for _, x := range test.parts {
				// In one go: the holes are between the parts.
				p.Push(capture.Samples{At: at(x.from + x.shift), PCM: count(x.from+10*second, x.to-x.from)})
				test.stats.In += int64(x.to - x.from)
			}
			p.Flush(at(test.until))
			want := make([]int16, len(c.pcm))
			for _, x := range test.want {
				copy(want[(x.from+x.shift)*capture.Channels:], count(x.from+10*second, x.to-x.from))
			}
			if n := len(c.pcm) / capture.Channels; n < test.until && test.until-n < second || n > test.until && test.name != "until in the past" {
				t.Errorf("%d samples, want %d", n, test.until)
			}
			for i := range want {
				if c.pcm[i] != want[i] {
					t.Fatalf("sample %d is %d, want %d", i/capture.Channels, c.pcm[i], want[i])
				}
			}
			got := p.Stats()
			round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
			got.HoleTime, got.LongestHole = round(got.HoleTime), round(got.LongestHole)
			test.stats.Out = int64(len(c.pcm) / capture.Channels)
			got.Silent, got.Drift, got.Peak, got.RMS = 0, 0, 0, 0
			if got != test.stats {
				t.Errorf("stats\n%+v, want\n%+v", got, test.stats)
			}
		})
	}
}

// TestPCMJitterIsNoHole: 15 ms off is corrected by and by, not filled or cut.
func TestPCMJitterIsNoHole(t *testing.T) {
	for _, shift := range []int{-15, 15} {
		p, c := newPCM(t)
		shift *= capture.SampleRate / 1000
		for n := 0; n < 3*capture.SampleRate; n += BlockLen {
			late := 0
			if n >= capture.SampleRate {
				late = shift
			}
			p.Push(capture.Samples{At: at(n + late), PCM: count(n, BlockLen)})
		}
		s := p.Stats()
		if s.Holes != 0 || s.Overlap != 0 || s.Filled != 0 {
			t.Errorf("%+v", s)
		}
		// At most 1000 ppm, and that reached slowly; and a block is open.
		if d := int64(len(c.pcm)/capture.Channels) - s.In; d > capture.SampleRate/300 || d < -capture.SampleRate/300-BlockLen {
			t.Errorf("%d samples too many after three seconds", d)
		}
		if p.steer.extra*float64(shift) >= 0 {
			t.Errorf("shift %d, but the speed is %v", shift, p.steer.extra)
		}
	}
}

// source is a sound clock that is slow by ppm, and whose capture times are off
// by up to jitter either way.
type source struct {
	ppm    float64
	jitter time.Duration
	rand   *rand.Rand
}

func newSource(ppm float64, jitter time.Duration) *source {
	return &source{ppm, jitter, rand.New(rand.NewPCG(7, 7))}
}

// seconds returns when a sample was really captured, since the start.
func (s *source) seconds(index int) float64 {
	return float64(index) / capture.SampleRate * (1 + s.ppm*1e-6)
}

// at returns when it was said to be captured.
func (s *source) at(index int) capture.Time {
	noise := (2*s.rand.Float64() - 1) * s.jitter.Seconds()
	return pcmStart + capture.Time((s.seconds(index)+noise)*1e9)
}

// tone returns samples of a tone of the given frequency in real time.
func (s *source) tone(hz float64, from, n int) []int16 {
	pcm := make([]int16, 0, n*capture.Channels)
	for i := range n {
		v := int16(math.Round(16000 * math.Sin(2*math.Pi*hz*s.seconds(from+i))))
		pcm = append(pcm, v, v)
	}
	return pcm
}

// TestPCMFollowsDriftForTenMinutes looks at which sample is taken for each
// instant, without computing the sound.
func TestPCMFollowsDriftForTenMinutes(t *testing.T) {
	tests := []struct {
		ppm    float64
		jitter time.Duration
		from   float64 // seconds after which the error must be below limit
		limit  float64 // ms
	}{
		{0, 0, 0, 0.5},
		{65, 0, 0, 0.6},
		{65, 5 * time.Millisecond, 20, 0.8},
		{300, 0, 0, 1},
		{300, 5 * time.Millisecond, 20, 1},
		{-300, 100 * time.Microsecond, 0, 1},
		{500, 100 * time.Microsecond, 10, 1},
	}
	for _, test := range tests {
		src := newSource(test.ppm, test.jitter)
		var d drift
		var s steering
		worst, fastest := 0.0, 0.0
		said := func(i int) float64 { return seconds(src.at(i), pcmStart) - nominal(int64(i)) }
		d.begin(0, said(0))
		for n := range 60000 { // blocks
			if n%2 == 0 && n > 0 {
				d.observe(nominal(int64(n*BlockLen)), said(n*BlockLen))
			}
			now := nominal(int64(n * BlockLen))
			s.adjust(now, &d)
			for range BlockLen {
				s.advance()
			}
			if now < test.from {
				continue
			}
			now = nominal(int64((n + 1) * BlockLen))
			taken := (float64(s.whole) + s.part) / capture.SampleRate * (1 + test.ppm*1e-6)
			worst = max(worst, math.Abs(taken-now)*1000)
			if now > 60 {
				fastest = max(fastest, math.Abs(s.extra*1e6+test.ppm))
			}
		}
		t.Logf("%4.0f ppm, jitter %v: worst error %.3f ms, skew found %.1f ppm, speed wanders by %.1f ppm", test.ppm, test.jitter, worst, d.skew*1e6, fastest)
		if worst > test.limit {
			t.Errorf("%.0f ppm, jitter %v: off by %.3f ms", test.ppm, test.jitter, worst)
		}
		if fastest > 150 {
			t.Errorf("%.0f ppm, jitter %v: the pitch wanders by %.0f ppm", test.ppm, test.jitter, fastest)
		}
		if test.jitter < time.Millisecond && math.Abs(d.skew*1e6-test.ppm) > 5 {
			t.Errorf("%.0f ppm, jitter %v: found %.1f ppm", test.ppm, test.jitter, d.skew*1e6)
		}
	}
}

// TestPCMKeepsTonesClean measures what resampling adds to a tone.
func TestPCMKeepsTonesClean(t *testing.T) {
	tests := []struct {
		ppm    float64
		jitter time.Duration
		hz     float64
		snr    float64 // dB
	}{
		{65, 0, 1000, 75},
		{300, 0, 1000, 75},
		{300, 5 * time.Millisecond, 1000, 60},
		{-300, 100 * time.Microsecond, 15000, 60},
	}
	for _, test := range tests {
		src := newSource(test.ppm, test.jitter)
		p, c := newPCM(t)
		const packet, length = 960, 15 * capture.SampleRate
		for n := 0; n < length; n += packet {
			p.Push(capture.Samples{At: src.at(n), PCM: src.tone(test.hz, n, packet)})
		}
		p.Flush(at(length - capture.SampleRate/2))
		worst := math.Inf(1)
		const window = capture.SampleRate / 20
		for from := 10 * capture.SampleRate; from+window < length-capture.SampleRate; from += window {
			worst = min(worst, toneSNR(c.pcm[from*capture.Channels:(from+window)*capture.Channels], test.hz, from))
		}
		if !p.steer.engaged {
			t.Fatal("nothing was corrected")
		}
		t.Logf("%4.0f ppm, jitter %v, %.0f Hz: worst SNR %.1f dB", test.ppm, test.jitter, test.hz, worst)
		if worst < test.snr {
			t.Errorf("%.0f ppm, jitter %v, %.0f Hz: SNR %.1f dB", test.ppm, test.jitter, test.hz, worst)
		}
	}
}

// toneSNR fits a tone of nearly the given frequency to the left channel and
// returns its power over that of the rest, in dB. A phase that
// slowly runs off counts as tone: it is what correcting drift means.
func toneSNR(pcm []int16, hz float64, from int) float64 {
	// Least squares with sin and cos, times 1, x and x squared.
	const terms = 6
	var m [terms][terms + 1]float64
	n := len(pcm) / capture.Channels
	basis := func(i int) [terms]float64 {
		s, c := math.Sincos(2 * math.Pi * hz * float64(from+i) / capture.SampleRate)
		x := 2*float64(i)/float64(n) - 1
		return [terms]float64{s, c, x * s, x * c, x * x * s, x * x * c}
	}
	for i := range n {
		b := basis(i)
		for j := range terms {
			for k := range terms {
				m[j][k] += b[j] * b[k]
			}
			m[j][terms] += b[j] * float64(pcm[i*capture.Channels])
		}
	}
	for j := range terms { // Gauss-Jordan; the matrix is positive definite
		for k := range terms {
			if k != j {
				f := m[k][j] / m[j][j]
				for l := range m[k] {
					m[k][l] -= f * m[j][l]
				}
			}
		}
	}
	var tone, rest float64
	for i := range n {
		b := basis(i)
		v := 0.0
		for j := range terms {
			v += b[j] * m[j][terms] / m[j][j]
		}
		tone += v * v
		rest += (float64(pcm[i*capture.Channels]) - v) * (float64(pcm[i*capture.Channels]) - v)
	}
	return 10 * math.Log10(tone/rest)
}

// TestPCMBursts: packets of very different lengths, as after a stall, with true
// capture times.
func TestPCMBursts(t *testing.T) {
	p, c := newPCM(t)
	r := rand.New(rand.NewPCG(1, 1))
	n := 0
	for n < 20*capture.SampleRate {
		size := 1 + r.IntN(capture.SampleRate)
		p.Push(capture.Samples{At: at(n), PCM: count(n, size)})
		n += size
	}
	p.Flush(at(n))
	if !slices.Equal(c.pcm[:n*capture.Channels], count(0, n)) {
		t.Error("samples were changed")
	}
}

func TestPCMLevel(t *testing.T) {
	p, _ := newPCM(t)
	src := newSource(0, 0)
	p.Push(capture.Samples{At: at(0), PCM: src.tone(1000, 0, capture.SampleRate)})
	s := p.Stats()
	if math.Abs(s.Peak-16000.0/32768) > 0.001 || math.Abs(s.RMS-16000.0/32768/math.Sqrt2) > 0.001 {
		t.Errorf("peak %.4f, RMS %.4f", s.Peak, s.RMS)
	}
	if s.Silent != 0 {
		t.Errorf("%d samples of a tone are silent", s.Silent)
	}
	dither := make([]int16, capture.SampleRate*capture.Channels)
	for i := range dither {
		dither[i] = int16(i%3 - 1)
	}
	p.Push(capture.Samples{At: at(capture.SampleRate), PCM: dither})
	if got := p.Stats().Silent; got < capture.SampleRate-2*BlockLen || got > capture.SampleRate {
		t.Errorf("%d samples of dither are silent", got)
	}
}

func TestPCMKernelUnitGain(t *testing.T) {
	for _, phase := range []float64{0, 0.25, 0.5, 0.9999999} {
		sum := 0.0
		for _, w := range kernel(phase) {
			sum += w
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("weights at %v add up to %v", phase, sum)
		}
	}
	for i, w := range kernel(0) {
		want := 0.0
		if i == taps/2-1 {
			want = 1
		}
		if math.Abs(w-want) > 1e-12 {
			t.Errorf("weight %d at 0 is %v", i, w)
		}
	}
}

// FuzzPCM pushes packets of any length with any capture times. Whatever comes,
// the output has no gap, covers the recording, and the counts add up.
func FuzzPCM(f *testing.F) {
	f.Add([]byte{10, 0, 10, 0, 10, 0})
	f.Add([]byte{10, 200, 10, 100, 255, 3, 1, 128})
	f.Add([]byte{0, 127, 255, 255, 100, 129, 100, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		p, c := newPCM(t)
		when := pcmStart
		for i := 0; i+1 < len(script) && i < 200; i += 2 {
			n := int(script[i]) * 8
			shift := time.Duration(int8(script[i+1])) * time.Millisecond
			switch script[i+1] {
			case 127:
				shift = math.MaxInt64 // overflows on purpose
			case 128:
				shift = -1 << 62
			}
			p.Push(capture.Samples{At: when.Add(shift), PCM: count(i, n)})
			when = when.Add(time.Duration(n) * time.Second / capture.SampleRate)
		}
		p.Flush(when)
		s := p.Stats()
		if got := int64(len(c.pcm) / capture.Channels); s.Out != got {
			t.Fatalf("%d samples counted, %d emitted", s.Out, got)
		}
		if end := pcmStart.Add(time.Duration(s.Out) * time.Second / capture.SampleRate); end < when {
			t.Fatalf("ends %v early", when.Sub(end))
		}
		if s.Filled < 0 || s.Early+s.Overlap+s.Implausible > s.In || s.Silent > s.Out {
			t.Fatalf("counts: %+v", s)
		}
		if math.IsNaN(s.Drift) || math.Abs(s.Drift) > 1e5 {
			t.Fatalf("drift %v", s.Drift)
		}
	})
}
