package demo

import (
	"math"
	"time"
)

// The clips' sound is one channel at 48 kHz, in Opus packets of 20 ms.
const (
	soundRate   = 48000
	packetTime  = 20 * time.Millisecond
	toneLevel   = 0.25                  // amplitude of full scale: -12 dBFS
	toneRamp    = 20 * time.Millisecond // soft attack and decay
	beepHz      = 1000
	beepLength  = 100 * time.Millisecond
	beepLevel   = 0.5
	opusPreSkip = 312 // samples by which libopus's decoder output is late at 48 kHz (RFC 7845, 4.2)
)

// voice returns one speaking cycle of a participant: its tone during the turn
// with the index i, silence otherwise.
func voice(toneHz float64, i int) []int16 {
	pcm := make([]int16, samples(SpeakingCycle))
	length, ramp := samples(turn), float64(samples(toneRamp))
	part := pcm[i*length : (i+1)*length]
	for n := range part {
		edge := min(1, float64(n)/ramp, float64(length-n)/ramp)
		level := toneLevel * (1 - math.Cos(math.Pi*edge)) / 2
		part[n] = level16(level * math.Sin(2*math.Pi*toneHz*float64(n)/soundRate))
	}
	return pcm
}

// claps returns sound that beeps at each whole second, from the very sample.
func claps(length time.Duration) []int16 {
	pcm := make([]int16, samples(length))
	for n := range pcm {
		if in := n % soundRate; in < samples(beepLength) {
			pcm[n] = level16(beepLevel * math.Sin(2*math.Pi*beepHz*float64(in)/soundRate))
		}
	}
	return pcm
}

// preRoll is how much of a loop's end is encoded before its beginning, so that
// the encoder is in the state that it has in the middle of an endless loop.
const preRoll = time.Second

// looped returns what to encode so that packet preRoll/packetTime and those
// after it, as many as fill the loop, can be sent over and over: RTP has no
// field for the decoder's delay, so the loop is turned ahead by it.
func looped(loop []int16) []int16 {
	at := func(n int) int16 { return loop[((n%len(loop))+len(loop))%len(loop)] }
	pre := samples(preRoll)
	out := make([]int16, pre+len(loop))
	for n := range out {
		out[n] = at(n - pre + opusPreSkip)
	}
	return out
}

func samples(d time.Duration) int { return int(d * soundRate / time.Second) }

func level16(v float64) int16 { return int16(math.Round(v * math.MaxInt16)) }
