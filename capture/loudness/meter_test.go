package loudness

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"beam/capture"
)

// signal makes seconds of sound; at returns both channels at a time in seconds,
// 1 is full scale.
func signal(seconds float64, at func(t float64) (left, right float64)) []int16 {
	pcm := make([]int16, int(seconds*capture.SampleRate)*channels)
	for i := 0; i < len(pcm); i += channels {
		l, r := at(float64(i/channels) / capture.SampleRate)
		pcm[i], pcm[i+1] = quantised(l), quantised(r)
	}
	return pcm
}

func quantised(v float64) int16 { return int16(math.Round(max(-32768, min(32767, v*32768)))) }

// sine returns a tone whose peak lies at a level, in both channels.
func sine(hz, dbfs float64) func(float64) (float64, float64) {
	a := math.Pow(10, dbfs/20)
	return func(t float64) (float64, float64) {
		v := a * math.Sin(2*math.Pi*hz*t)
		return v, v
	}
}

// tone returns seconds of 1 kHz, whose first second is like every other.
func tone(seconds int, dbfs float64) []int16 {
	return slices.Repeat(signal(1, sine(1000, dbfs)), seconds)
}

func left(f func(float64) (float64, float64)) func(float64) (float64, float64) {
	return func(t float64) (float64, float64) { v, _ := f(t); return v, 0 }
}

// speech is noise in bursts like syllables, in sentences of changing loudness
// with pauses between them.
func speech() func(float64) (float64, float64) {
	r := rand.New(rand.NewPCG(3, 4))
	low := 0.0
	return func(t float64) (float64, float64) {
		low += 0.2 * (r.Float64()*2 - 1 - low)
		syllable := max(0, math.Sin(2*math.Pi*4*t))
		sentence := 0.05 + 0.3*float64(int(t/4)%3)
		if math.Mod(t, 4) > 2.8 {
			sentence = 0.0002
		}
		v := low * syllable * sentence
		return v, 0.7 * v
	}
}

func measure(pcm []int16) Report {
	m := New()
	m.Add(pcm)
	return m.Report()
}

// The levels that the standards name: a sine of 997 Hz at full scale in one
// channel is -3.01 LKFS (BS.1770-4, Annex 1), and a stereo sine of 1 kHz has its
// peak level in LUFS (EBU Tech 3341, cases 1 and 2), whatever silence or quiet
// sound is around it (cases 3 and 4).
func TestKnownLevels(t *testing.T) {
	parts := func(list ...[]int16) (all []int16) {
		for _, p := range list {
			all = append(all, p...)
		}
		return all
	}
	tests := map[string]struct {
		pcm  []int16
		want float64
	}{
		"997 Hz at 0 dBFS on the left":     {signal(5, left(sine(997, 0))), -3.01},
		"997 Hz at -20 dBFS":               {signal(5, sine(997, -20)), -20.0},
		"case 1, 1 kHz at -23 dBFS":        {tone(20, -23), -23},
		"case 2, 1 kHz at -33 dBFS":        {tone(20, -33), -33},
		"case 3, quieter sound around it":  {parts(tone(10, -36), tone(60, -23), tone(10, -36)), -23},
		"case 4, and what is next to none": {parts(tone(10, -72), tone(10, -36), tone(60, -23), tone(10, -36), tone(10, -72)), -23},
		"silence between":                  {parts(tone(20, -23), make([]int16, 10*capture.SampleRate*channels), tone(20, -23)), -23},
	}
	for name, test := range tests {
		if got := measure(test.pcm); math.Abs(got.Integrated-test.want) > 0.1 || !got.Known {
			t.Errorf("%s: %.2f LUFS, want %.2f", name, got.Integrated, test.want)
		}
	}
}

// The loudness ranges of EBU Tech 3342, cases 1 to 3: within 1 LU.
func TestKnownRanges(t *testing.T) {
	for _, test := range []struct{ first, second, want float64 }{{-20, -30, 10}, {-20, -15, 5}, {-40, -20, 20}} {
		pcm := append(tone(20, test.first), tone(20, test.second)...)
		if got := measure(pcm); math.Abs(got.Range-test.want) > 1 {
			t.Errorf("from %v to %v dBFS: range %.2f LU, want %v", test.first, test.second, got.Range, test.want)
		}
	}
}

func TestNothingToHear(t *testing.T) {
	for name, pcm := range map[string][]int16{
		"nothing":         nil,
		"silence":         make([]int16, 5*capture.SampleRate*channels),
		"dither":          signal(5, func(t float64) (float64, float64) { return 1.0 / 32768, -1.0 / 32768 }),
		"a third second":  signal(0.3, sine(1000, -10)),
		"half one sample": {5},
	} {
		got := measure(pcm)
		if got.Known || got.Integrated != Gate || got.Range != 0 || got.MaxMomentary != Gate || got.MaxShortTerm != Gate {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := measure(nil).PeakDBFS; got != -120 {
		t.Errorf("the peak of nothing is %v", got)
	}
	if got := measure([]int16{math.MinInt16, 0}).PeakDBFS; got != 0 {
		t.Errorf("the peak of full scale is %v", got)
	}
}

// How the sound is cut into blocks makes no difference.
func TestBlocks(t *testing.T) {
	pcm := signal(7, speech())
	want := measure(pcm)
	r := rand.New(rand.NewPCG(1, 2))
	m := New()
	for rest := pcm; len(rest) > 0; {
		n := min(len(rest), r.IntN(3000))
		m.Add(rest[:n])
		rest = rest[n:]
	}
	if got := m.Report(); got != want {
		t.Errorf("in pieces %+v, whole %+v", got, want)
	}
}

// Filters that fade out end, else silence would cost more than sound.
func TestSilenceSettles(t *testing.T) {
	m := New()
	m.Add(signal(1, sine(100, 0)))
	m.Add(make([]int16, 20*capture.SampleRate*channels))
	if m.shelf.z1 != [2]float64{} || m.shelf.z2 != [2]float64{} || m.pass.z1 != [2]float64{} || m.pass.z2 != [2]float64{} {
		t.Errorf("%+v, %+v", m.shelf, m.pass)
	}
}

// The meter is all there is of it: no slice, no map.
func TestMemory(t *testing.T) {
	if size := unsafe.Sizeof(*New()); size > 32<<10 {
		t.Errorf("a meter takes %d bytes", size)
	}
	m := New()
	pcm := signal(0.5, sine(440, -20))
	if n := testing.AllocsPerRun(100, func() { m.Add(pcm) }); n != 0 {
		t.Errorf("each block allocates %v times", n)
	}
}

// ffmpeg's meter says the same.
func TestAgainstFFmpeg(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	signals := map[string][]int16{
		"tone":   signal(6, sine(440, -18)),
		"deep":   signal(6, sine(60, -12)),
		"high":   signal(6, sine(9000, -30)),
		"noise":  signal(8, func(float64) (float64, float64) { return 0.1 * r.NormFloat64(), 0.1 * r.NormFloat64() }),
		"speech": signal(30, speech()),
	}
	for name, pcm := range signals {
		got := measure(pcm)
		integrated, loudRange := ebur128(t, pcm)
		t.Logf("%s: %.2f LUFS, range %.2f LU; ffmpeg %.1f and %.1f", name, got.Integrated, got.Range, integrated, loudRange)
		// ffmpeg prints one decimal.
		if math.Abs(got.Integrated-integrated) > 0.1 || math.Abs(got.Range-loudRange) > 0.2 {
			t.Errorf("%s: %+v; ffmpeg has %.1f LUFS, range %.1f LU", name, got, integrated, loudRange)
		}
	}
	if silent, _ := ebur128(t, make([]int16, 5*capture.SampleRate*channels)); silent != Gate {
		t.Errorf("ffmpeg says %v of silence", silent)
	}
}

var summary = regexp.MustCompile(`Integrated loudness:\s+I:\s+(-?[\d.]+) LUFS[^I]*?Loudness range:\s+LRA:\s+(-?[\d.]+) LU`)

func ebur128(t *testing.T, pcm []int16) (integrated, loudRange float64) {
	t.Helper()
	var raw bytes.Buffer
	_ = binary.Write(&raw, binary.LittleEndian, pcm) // into memory
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-hide_banner", "-nostats", "-f", "s16le", "-ar", "48000", "-ac", "2", "-i", "-",
		"-af", "ebur128=framelog=verbose", "-f", "null", "-")
	cmd.Stdin = &raw
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	found := summary.FindSubmatch(out)
	if found == nil {
		t.Fatalf("no summary in %s", out)
	}
	integrated, _ = strconv.ParseFloat(string(found[1]), 64) // digits
	loudRange, _ = strconv.ParseFloat(string(found[2]), 64)
	return integrated, loudRange
}

// BenchmarkAdd measures a second of sound: 5 ms would be 0.5 % of a core.
func BenchmarkAdd(b *testing.B) {
	for name, pcm := range map[string][]int16{
		"speech":  signal(1, speech()),
		"silence": make([]int16, capture.SampleRate*channels),
	} {
		b.Run(name, func(b *testing.B) {
			m := New()
			m.Add(signal(1, speech()))
			for b.Loop() {
				for block := pcm; len(block) > 0; block = block[960*channels:] {
					m.Add(block[:960*channels])
				}
			}
			b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N), "%core")
		})
	}
}
