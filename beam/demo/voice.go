package demo

import (
	"math"
	"time"
)

// The sound of the clips: one channel at 48 kHz.
const (
	soundRate  = 48000
	opusFrame  = soundRate / 50 // samples in one packet: 20 ms
	voiceLevel = 0.25           // amplitude of full scale: -12 dBFS
	voiceRamp  = soundRate / 100
	// opusDelay is by how many samples libopus's encoder is late at 48 kHz
	// (RFC 7845's pre-skip). RTP has no field for it, so the clips' sound is
	// made that much early.
	opusDelay = 312

	flashPictures = 3 // of the lip-sync clip in each second: 100 ms
	beepHz        = 1000
	beepSamples   = soundRate / 10
)

// voice returns one cycle of a participant's sound, whose turn is the i-th: a
// tone while it speaks, else silence.
func voice(p Participant, i int) []int16 {
	pcm := make([]int16, samplesOf(cycle))
	from, to := samplesOf(turn)*i, samplesOf(turn)*(i+1)
	for n := from; n < to; n++ {
		level := voiceLevel * min(1, float64(n-from)/voiceRamp, float64(to-n)/voiceRamp)
		pcm[n] = amplitude(level * math.Sin(2*math.Pi*p.ToneHz*float64(n)/soundRate))
	}
	return pcm
}

// beeps returns the sound of the lip-sync clip: a beep that begins with each
// second.
func beeps(length time.Duration) []int16 {
	pcm := make([]int16, samplesOf(length))
	for n := range pcm {
		if into := n % soundRate; into < beepSamples {
			pcm[n] = amplitude(0.5 * math.Sin(2*math.Pi*beepHz*float64(into)/soundRate))
		}
	}
	return pcm
}

// early returns a looping sound moved ahead by the encoder's delay.
func early(pcm []int16) []int16 {
	return append(append([]int16(nil), pcm[opusDelay:]...), pcm[:opusDelay]...)
}

func samplesOf(d time.Duration) int { return int(d * soundRate / time.Second) }

func amplitude(v float64) int16 { return int16(math.Round(v * 32767)) }
