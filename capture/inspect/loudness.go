package inspect

import (
	"math"
	"time"

	"beam/capture"
)

// SoundReport tells what can be heard, and whether it is whole.
type SoundReport struct {
	MeanDBFS float64 `json:"mean_dbfs"` // root mean square of all samples; -120 stands for digital silence
	PeakDBFS float64 `json:"peak_dbfs"` // largest sample; above 0 where the decoder overshoots
	// SilentSeconds adds up the windows of 10 ms below -60 dBFS (root mean
	// square, of the louder channel).
	SilentSeconds           float64 `json:"silent_seconds"`
	LongestSilenceSeconds   float64 `json:"longest_silence_seconds"`
	LongestSilenceAtSeconds float64 `json:"longest_silence_at_seconds"`
	ClippedSamples          int     `json:"clipped_samples"` // in runs of three or more at full scale, of all channels
	// Gaps are holes between the samples of the stream, of more than 5 ms.
	Gaps                int     `json:"gaps"`
	GapSeconds          float64 `json:"gap_seconds"`
	LongestGapMs        float64 `json:"longest_gap_ms"`
	LongestGapAtSeconds float64 `json:"longest_gap_at_seconds"`
	OverlapSeconds      float64 `json:"overlap_seconds"`  // samples that begin before those before them end
	DurationSeconds     float64 `json:"duration_seconds"` // of all samples, without the holes
	StartSeconds        float64 `json:"start_seconds"`
	EndSeconds          float64 `json:"end_seconds"`
	DecodeErrors        int     `json:"decode_errors"`
}

const (
	silenceDBFS   = -60
	silenceWindow = capture.SampleRate / 100 // samples
	fullScale     = 1 - 1.5/32768            // the largest 16-bit sample but one
	clippedRun    = 3
	leastGap      = 5 * time.Millisecond
	floorDB       = -120
)

// soundCounter takes decoded sound run by run.
type soundCounter struct {
	n        SoundReport
	started  bool
	first    time.Duration
	end      time.Duration // of the samples so far
	samples  int           // for each channel
	power    float64       // sum of squares of all channels
	values   int           // all channels
	peak     float64
	runs     [2]int // clipped samples in a row, by channel
	window   [2]float64
	filled   int           // samples in the window
	windowAt time.Duration // start of the window
	silentAt time.Duration
	silent   time.Duration // length of the silence that is going on
}

func (c *soundCounter) add(s Sound) error {
	if !c.started {
		c.started, c.first, c.windowAt = true, s.PTS, s.PTS
		c.end = s.PTS
	}
	switch gap := s.PTS - c.end; {
	case gap > leastGap:
		c.n.Gaps++
		c.n.GapSeconds += gap.Seconds()
		if ms := milliseconds(gap); ms > c.n.LongestGapMs {
			c.n.LongestGapMs, c.n.LongestGapAtSeconds = ms, c.end.Seconds()
		}
		c.endSilence()
	case gap < -leastGap:
		c.n.OverlapSeconds -= gap.Seconds()
	}
	c.samples += s.Len()
	for i := 0; i+s.Channels <= len(s.PCM); i += s.Channels {
		if c.filled == 0 {
			c.windowAt = s.PTS + samples(i/s.Channels)
		}
		for ch, v := range s.PCM[i : i+s.Channels] {
			c.value(ch, float64(v))
		}
		if c.filled++; c.filled == silenceWindow {
			c.closeWindow()
		}
	}
	c.end = s.PTS + s.Duration()
	return nil
}

func (c *soundCounter) value(ch int, v float64) {
	if math.IsNaN(v) {
		v = 0
	}
	a := math.Abs(v)
	c.peak = max(c.peak, a)
	c.power += v * v
	c.window[ch] += v * v
	c.values++
	if a < fullScale {
		c.runs[ch] = 0
		return
	}
	switch c.runs[ch]++; {
	case c.runs[ch] == clippedRun:
		c.n.ClippedSamples += clippedRun
	case c.runs[ch] > clippedRun:
		c.n.ClippedSamples++
	}
}

func (c *soundCounter) closeWindow() {
	loudest := max(c.window[0], c.window[1]) / silenceWindow
	length := samples(c.filled)
	c.window, c.filled = [2]float64{}, 0
	if decibels(math.Sqrt(loudest)) >= silenceDBFS {
		c.endSilence()
		return
	}
	if c.silent == 0 {
		c.silentAt = c.windowAt
	}
	c.silent += length
	c.n.SilentSeconds += length.Seconds()
}

func (c *soundCounter) endSilence() {
	if s := c.silent.Seconds(); s > c.n.LongestSilenceSeconds {
		c.n.LongestSilenceSeconds, c.n.LongestSilenceAtSeconds = s, c.silentAt.Seconds()
	}
	c.silent = 0
}

func (c *soundCounter) report() SoundReport {
	c.endSilence()
	r := c.n
	r.MeanDBFS, r.PeakDBFS = floorDB, decibels(c.peak)
	if c.values > 0 {
		r.MeanDBFS = decibels(math.Sqrt(c.power / float64(c.values)))
	}
	r.DurationSeconds = samples(c.samples).Seconds()
	r.StartSeconds, r.EndSeconds = c.first.Seconds(), c.end.Seconds()
	return r
}

func decibels(amplitude float64) float64 {
	return max(floorDB, 20*math.Log10(max(amplitude, 1e-12)))
}
