package testpattern

import (
	"math"
	"slices"
	"time"
)

// The beeps of the pages. Each whole second of the timing page begins with a
// beep of 60 ms, each tenth one with the higher tone, so that an offset of whole
// seconds can be told too. The lip-sync page has 100 ms of BeepHz.
const (
	BeepHz      = 1000.0
	TenthBeepHz = 1500.0
)

const (
	// beepWindow is the length over which the level of a tone is measured:
	// whole periods of both tones, so that each is silent in the other's
	// measure (their distance, 500 Hz, is five of its bins).
	beepWindow = 10 * time.Millisecond
	// hopsPerSecond is how often the level is measured.
	hopsPerSecond = 6000
	// lowestBeep is the amplitude of the quietest beep: -50 dBFS.
	lowestBeep = 0.00316
	// A beep of the pages lasts 60 or 100 ms.
	shortestBeep = 40 * time.Millisecond
	longestBeep  = 250 * time.Millisecond
	// biggestJump is the difference between the time of a block of samples
	// and the end of the one before it that counts as a hole.
	biggestJump = 5 * time.Millisecond
)

// A Beep is one burst of one of the two tones.
type Beep struct {
	At        time.Duration // onset
	Hz        float64       // BeepHz or TenthBeepHz
	Length    time.Duration
	LevelDBFS float64 // a sine of full scale is 0
}

// BeepFinder finds beeps in a stream of mono samples.
//
// The onset is where the level, measured over a window of 10 ms, passes half
// of the beep's own level, less half of the window. Coding smears an attack to
// both sides, and the half level lies in the middle of the smear. Measured over
// 60 beeps (TestBeepBias of package avsync): bias +0.01 ms and at worst 0.05 ms
// off in PCM, +0.04 and 0.23 ms in ffmpeg's AAC at 128 kb/s, +0.03 and 0.66 ms
// in libopus at 64 kb/s. So nothing is corrected.
type BeepFinder struct {
	rate    int
	hop     int // samples
	voices  []*voice
	pushed  int // samples so far
	anchors []anchor
	rest    []float32 // fewer than hop samples
	found   []Beep
}

// anchor says at which time a sample is to be heard; it holds until the next.
type anchor struct {
	sample int
	at     time.Duration
}

// NewBeepFinder returns a BeepFinder for samples at rate a second.
func NewBeepFinder(rate int) *BeepFinder {
	hop := max(1, rate/hopsPerSecond)
	blocks := max(1, round(beepWindow.Seconds()*float64(rate)/float64(hop)))
	f := &BeepFinder{rate: rate, hop: hop}
	for _, hz := range []float64{BeepHz, TenthBeepHz} {
		f.voices = append(f.voices, newVoice(hz, rate, hop, blocks))
	}
	return f
}

// Push takes the next samples; the first one is to be heard at at. A hole
// before it counts as silence.
func (f *BeepFinder) Push(at time.Duration, pcm []float32) {
	if len(pcm) == 0 {
		return
	}
	switch gap := at - f.timeOf(f.pushed); {
	case len(f.anchors) == 0:
		f.anchors = append(f.anchors, anchor{f.pushed, at})
	case gap > biggestJump:
		// A second is longer than any beep: more zeros would tell no more.
		f.push(make([]float32, round(min(gap, time.Second).Seconds()*float64(f.rate))))
		f.anchors = append(f.anchors, anchor{f.pushed, at})
	case gap < -50*time.Microsecond || gap > 50*time.Microsecond:
		f.anchors = append(f.anchors, anchor{f.pushed, at})
	}
	f.push(pcm)
}

func (f *BeepFinder) push(pcm []float32) {
	f.pushed += len(pcm)
	f.rest = append(f.rest, pcm...)
	n := len(f.rest) - len(f.rest)%f.hop
	for i := 0; i < n; i += f.hop {
		for _, v := range f.voices {
			v.add(f.rest[i : i+f.hop])
		}
	}
	f.rest = slices.Delete(f.rest, 0, n)
	f.search(false)
}

// Beeps ends the stream and returns the beeps in the order of their onsets.
func (f *BeepFinder) Beeps() []Beep {
	f.push(make([]float32, f.rate/2)) // lets a beep at the very end finish
	f.search(true)
	slices.SortFunc(f.found, func(a, b Beep) int { return int(a.At - b.At) })
	return f.found
}

// Beeps returns the beeps in pcm, mono at rate samples a second, the first of
// which is at 0.
func Beeps(pcm []float32, rate int) []Beep {
	f := NewBeepFinder(rate)
	f.Push(0, pcm)
	return f.Beeps()
}

func (f *BeepFinder) search(last bool) {
	for _, v := range f.voices {
		for _, b := range v.search(last) {
			f.found = append(f.found, Beep{
				At:        f.timeOfExact(b.onset),
				Hz:        v.hz,
				Length:    f.duration(b.length),
				LevelDBFS: decibels(b.level),
			})
		}
	}
}

func (f *BeepFinder) timeOf(sample int) time.Duration { return f.timeOfExact(float64(sample)) }

func (f *BeepFinder) timeOfExact(sample float64) time.Duration {
	if len(f.anchors) == 0 {
		return 0
	}
	i, _ := slices.BinarySearchFunc(f.anchors, sample, func(a anchor, s float64) int {
		if float64(a.sample) <= s {
			return -1
		}
		return 1
	})
	a := f.anchors[max(i-1, 0)]
	return a.at + f.duration(sample-float64(a.sample))
}

func (f *BeepFinder) duration(samples float64) time.Duration {
	return time.Duration(samples / float64(f.rate) * float64(time.Second))
}

// decibels returns an amplitude in dBFS, not below floorDB.
func decibels(amplitude float64) float64 {
	return max(floorDB, 20*math.Log10(max(amplitude, 1e-12)))
}

// floorDB stands for digital silence: JSON has no infinity.
const floorDB = -120
