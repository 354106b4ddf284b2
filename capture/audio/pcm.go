package audio

import (
	"math"
	"time"

	"beam/capture"
)

// BlockLen is the number of samples, for each channel, in each block that a PCM
// emits: 10 ms.
const BlockLen = capture.SampleRate / 100

const (
	// holeFrom is how much later than expected samples must have been captured
	// to leave a hole before them, and how much earlier to overlap; below it,
	// the difference is jitter or drift.
	holeFrom = 20 * time.Millisecond
	// maxHole is the longest hole that is believed.
	maxHole = time.Hour
	// fillAtOnce bounds the memory that filling a hole takes, in samples.
	fillAtOnce = capture.SampleRate
)

// PCM repairs the sound of a recording: it takes samples with their capture
// times and emits blocks of 10 ms without a gap between them, from the start of
// the recording on. Holes become silence, overlaps are dropped, and the drift
// of the sound's clock against CLOCK_MONOTONIC is corrected by resampling, so
// slightly that it can't be heard. It has no clock of its own; the same calls
// always give the same blocks. It is not safe for concurrent use.
//
// As long as nothing has to be corrected, samples come out as they went in, bit
// for bit.
type PCM struct {
	start capture.Time
	emit  func(capture.Samples)
	input []int16 // not consumed yet, with some history for the interpolation
	first int64   // index of the first sample in input
	drift drift
	steer steering
	block []int16 // being filled
	out   int64   // samples emitted, with those in block
	begun bool
	stats PCMStats
}

// PCMStats counts what a PCM did, in samples for each channel.
type PCMStats struct {
	In          int64 // pushed
	Out         int64 // emitted
	Early       int64 // of those pushed, dropped because they were captured before the start
	Overlap     int64 // dropped because their time was filled already
	Implausible int64 // dropped because their capture times were hours off

	Holes       int           // interruptions that were filled with silence
	HoleTime    time.Duration // their sum
	LongestHole time.Duration
	Filled      int64 // silence put in: before the first samples, in holes, at the end

	Silent int64   // emitted in blocks without sound (no value beyond one bit), filled or captured so
	Drift  float64 // by which the sound's clock is slow, in ppm; negative when it is fast
	Peak   float64 // highest value of the last block, 0 to 1
	RMS    float64 // root mean square of the last block, over both channels, 0 to 1
}

// NewPCM returns a PCM for a recording that begins at start. emit gets each
// block in order and may keep it; its capture time is start plus 10 ms for each
// block before it.
func NewPCM(start capture.Time, emit func(capture.Samples)) *PCM {
	return &PCM{start: start, emit: emit, block: make([]int16, 0, BlockLen*capture.Channels)}
}

// Stats returns the counts so far.
func (p *PCM) Stats() PCMStats {
	s := p.stats
	s.Drift = p.drift.skew * 1e6
	return s
}

// Push takes samples, which must come in the order in which they were captured.
func (p *PCM) Push(s capture.Samples) {
	pcm := s.PCM[:s.Len()*capture.Channels]
	if len(pcm) == 0 {
		return
	}
	p.stats.In += int64(len(pcm) / capture.Channels)
	at := seconds(s.At, p.start)
	late := at - p.expected()
	switch {
	case math.Abs(late) > maxHole.Seconds():
		p.stats.Implausible += int64(len(pcm) / capture.Channels)
		return
	case !p.begun && late >= 0:
		p.fill(toSamples(late), math.MaxInt64)
	case !p.begun:
		pcm = p.drop(pcm, late, &p.stats.Early)
	case late > holeFrom.Seconds():
		p.hole(late)
	case late < -holeFrom.Seconds():
		pcm = p.drop(pcm, late, &p.stats.Overlap)
	}
	if len(pcm) == 0 {
		return
	}
	// What was dropped is not the whole of s: the rest was captured later.
	at += float64(s.Len()-len(pcm)/capture.Channels) / capture.SampleRate
	offset := at - nominal(p.next())
	if p.begun {
		p.drift.observe(nominal(p.next()), offset)
	} else {
		p.drift.begin(nominal(p.next()), offset)
		p.begun = true
	}
	p.input = append(p.input, pcm...)
	p.produce(math.MaxInt64)
}

// Flush emits what has come, and then silence up to until; the last block ends
// there or less than 10 ms later. Samples from after the last block are
// dropped. Nothing may be pushed after it.
func (p *PCM) Flush(until capture.Time) {
	end := seconds(until, p.start)
	if end > p.expected()+maxHole.Seconds() {
		end = p.expected() + maxHole.Seconds()
	}
	blocks := int64(math.Ceil(end * capture.SampleRate / BlockLen))
	last := blocks * BlockLen
	if missing := end - p.expected(); p.begun && missing > holeFrom.Seconds() {
		p.countHole(missing)
	}
	filled := p.stats.Filled
	for p.out < last {
		// The interpolation needs what comes after the last sample.
		p.fill(min(fillAtOnce, last-p.out+taps), last)
	}
	unused := min(p.next()-p.steer.whole, p.stats.Filled-filled)
	p.stats.Filled -= unused
}

// next returns the index of the next sample to come, counted from the start.
func (p *PCM) next() int64 { return p.first + int64(len(p.input)/capture.Channels) }

// expected returns when the next sample to come should have been captured, in
// seconds since the start.
func (p *PCM) expected() float64 {
	at := nominal(p.next())
	return at + p.drift.at(at)
}

// hole fills a hole.
func (p *PCM) hole(length float64) {
	p.countHole(length)
	p.fill(toSamples(length), math.MaxInt64)
}

func (p *PCM) countHole(length float64) {
	d := time.Duration(length * float64(time.Second))
	p.stats.Holes++
	p.stats.HoleTime += d
	p.stats.LongestHole = max(p.stats.LongestHole, d)
}

// fill appends n samples of silence and emits what it can, up to limit samples
// in all.
func (p *PCM) fill(n, limit int64) {
	p.stats.Filled += n
	for n > 0 {
		now := min(n, fillAtOnce)
		p.input = append(p.input, make([]int16, now*capture.Channels)...)
		n -= now
		p.produce(limit)
	}
}

// drop returns pcm without the first samples, that were captured earlier than
// expected, and counts them.
func (p *PCM) drop(pcm []int16, late float64, count *int64) []int16 {
	n := min(toSamples(-late), int64(len(pcm)/capture.Channels))
	*count += n
	return pcm[n*capture.Channels:]
}

// produce emits blocks as long as the input lasts, up to limit samples in all.
func (p *PCM) produce(limit int64) {
	for p.out < limit && p.steer.whole+taps/2 < p.next() {
		if len(p.block) == 0 {
			p.steer.adjust(nominal(p.out), &p.drift)
		}
		p.sample()
		p.steer.advance()
		p.out++
		if len(p.block) == cap(p.block) {
			p.finish()
		}
	}
	p.forget()
}

// sample appends one sample of output to the block.
func (p *PCM) sample() {
	at := int(p.steer.whole - p.first)
	if p.steer.part == 0 {
		p.block = append(p.block, p.input[at*capture.Channels:(at+1)*capture.Channels]...)
		return
	}
	weights := kernel(p.steer.part)
	from := at - taps/2 + 1
	var left, right float64
	for i, w := range weights {
		if n := from + i; n >= 0 { // before the first sample there was silence
			left += w * float64(p.input[n*capture.Channels])
			right += w * float64(p.input[n*capture.Channels+1])
		}
	}
	p.block = append(p.block, clip(left), clip(right))
}

// finish emits the block.
func (p *PCM) finish() {
	p.stats.Peak, p.stats.RMS = level(p.block)
	if p.stats.Peak*(-math.MinInt16) <= 1 {
		p.stats.Silent += BlockLen
	}
	n := p.stats.Out / BlockLen
	p.stats.Out += BlockLen
	p.emit(capture.Samples{At: p.start.Add(time.Duration(n) * 10 * time.Millisecond), PCM: p.block})
	p.block = make([]int16, 0, BlockLen*capture.Channels)
}

// forget lets go of input that the interpolation doesn't need any more.
func (p *PCM) forget() {
	if old := p.steer.whole - taps/2 - p.first; old > BlockLen {
		p.input = append(p.input[:0], p.input[old*capture.Channels:]...)
		p.first += old
	}
}

// level returns the peak and the root mean square of pcm.
func level(pcm []int16) (peak, rms float64) {
	var sum float64
	for _, v := range pcm {
		x := math.Abs(float64(v)) / -math.MinInt16
		peak = max(peak, x)
		sum += x * x
	}
	return peak, math.Sqrt(sum / float64(len(pcm)))
}

func clip(v float64) int16 {
	return int16(min(max(math.RoundToEven(v), math.MinInt16), math.MaxInt16))
}

// seconds returns t - start. The difference of two far-off times could overflow
// as an integer.
func seconds(t, start capture.Time) float64 {
	return (float64(t) - float64(start)) / float64(time.Second)
}

// nominal returns when a sample is due, in seconds since the start.
func nominal(index int64) float64 { return float64(index) / capture.SampleRate }

func toSamples(seconds float64) int64 { return int64(math.Round(seconds * capture.SampleRate)) }
