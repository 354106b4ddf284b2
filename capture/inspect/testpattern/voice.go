package testpattern

import (
	"math"
	"slices"
	"time"
)

// voice follows the level of one tone and finds its bursts.
type voice struct {
	hz, rate float64
	hop      int
	rotate   complex128   // one sample's turn of the tone
	blocks   []complex128 // the window: a ring of the last hops' sums
	next     int
	sum      complex128
	hops     int // so far

	levels []float64 // amplitude over the window, one a hop
	first  int       // the hop of levels[0]
	at     int       // the next hop to look at
}

// burst is a burst in samples since the start of the stream.
type burst struct {
	onset, length, level float64
}

func newVoice(hz float64, rate, hop, blocks int) *voice {
	step := -2 * math.Pi * hz / float64(rate)
	return &voice{
		hz: hz, rate: float64(rate), hop: hop,
		rotate: complex(math.Cos(step), math.Sin(step)),
		blocks: make([]complex128, blocks),
	}
}

// add takes one hop of samples.
func (v *voice) add(pcm []float32) {
	// The phase is computed anew for each hop, and the sum for each turn of
	// the ring, so that rounding errors don't add up.
	turns := math.Mod(float64(v.hops)*float64(v.hop)*v.hz/v.rate, 1)
	sin, cos := math.Sincos(-2 * math.Pi * turns)
	phase, block := complex(cos, sin), complex128(0)
	for _, s := range pcm {
		block += complex(float64(s), 0) * phase
		phase *= v.rotate
	}
	v.sum += block - v.blocks[v.next]
	v.blocks[v.next] = block
	v.next = (v.next + 1) % len(v.blocks)
	if v.next == 0 {
		v.sum = 0
		for _, b := range v.blocks {
			v.sum += b
		}
	}
	v.hops++
	re, im := real(v.sum), imag(v.sum)
	v.levels = append(v.levels, 2*math.Sqrt(re*re+im*im)/float64(len(v.blocks)*v.hop))
}

// search looks for bursts in the levels for which what follows is known, or in
// all of them when they are the last.
func (v *voice) search(last bool) []burst {
	var found []burst
	ahead := v.in(longestBeep) + 2*len(v.blocks)
	end := v.first + len(v.levels) - ahead
	if last {
		end = v.first + len(v.levels)
	}
	for v.at < end {
		b, until, ok := v.burstAt(v.at)
		if !ok {
			v.at++
			continue
		}
		found = append(found, b)
		v.at = until
	}
	// What lies before a burst is asked for too, so some of the past is kept.
	if keep := v.at - v.in(100*time.Millisecond); keep-v.first > hopsPerSecond {
		v.levels = slices.Delete(v.levels, 0, keep-v.first)
		v.first = keep
	}
	return found
}

// burstAt tells whether a burst begins at hop i: the level passes half of what
// it is 20 ms later, it was low before, it is steady for the shortest beep and
// ends before the longest.
func (v *voice) burstAt(i int) (b burst, until int, ok bool) {
	ms := func(n int) int { return v.in(time.Duration(n) * time.Millisecond) }
	// Each hop is held against its own future, so that what fluctuates can't
	// hide the rise between two hops.
	rise := ms(20)
	if v.level(i) < v.level(i+rise)/2 || v.level(i-1) >= v.level(i-1+rise)/2 || v.level(i+rise) < lowestBeep {
		return b, 0, false
	}
	top := v.span(i+ms(15), i+ms(40))
	if len(top) == 0 {
		return b, 0, false
	}
	sorted := slices.Sorted(slices.Values(top))
	b.level = sorted[len(sorted)/2]
	if b.level < lowestBeep || sorted[0] < 0.6*b.level {
		return b, 0, false
	}
	half := b.level / 2
	on, ok := v.crossing(i-ms(10), i+ms(10), half)
	if !ok {
		return b, 0, false
	}
	for _, l := range v.span(i-ms(40), i-ms(12)) {
		if l > b.level/4 {
			return b, 0, false
		}
	}
	until = i + ms(15)
	for v.level(until) >= half {
		until++
	}
	below, above := v.level(until), v.level(until-1)
	off := float64(until) - (half-below)/(above-below)
	b.length = (off - on) * float64(v.hop)
	// Hop n's window ends with it, and half of it lies after the onset.
	b.onset = (on + 1 - float64(len(v.blocks))/2) * float64(v.hop)
	length := time.Duration(b.length / v.rate * float64(time.Second))
	return b, until, length >= shortestBeep && length <= longestBeep
}

// crossing returns the hop, with its fraction, between from and to where the
// level last rises past the given one.
func (v *voice) crossing(from, to int, level float64) (float64, bool) {
	for i := to; i > from; i-- {
		low, high := v.level(i-1), v.level(i)
		if low < level && high >= level {
			return float64(i-1) + (level-low)/(high-low), true
		}
	}
	return 0, false
}

// level returns the level at a hop; 0 outside of what is known.
func (v *voice) level(hop int) float64 {
	if i := hop - v.first; i >= 0 && i < len(v.levels) {
		return v.levels[i]
	}
	return 0
}

func (v *voice) span(from, to int) []float64 {
	from, to = max(from-v.first, 0), min(to-v.first, len(v.levels))
	if from >= to {
		return nil
	}
	return v.levels[from:to]
}

// in returns a duration in hops.
func (v *voice) in(d time.Duration) int { return round(d.Seconds() * v.rate / float64(v.hop)) }
