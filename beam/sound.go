package beam

import (
	"math"
	"sync"
	"time"

	"beam/beam/report"
	"beam/capture"
)

// sound repairs the sound of a segment and passes it to the feed. Its methods
// may be called from any goroutine.
type sound struct {
	feed *feed
	hear func([]int16) // gets what goes into the recording
	fail func(error)

	mu    sync.Mutex
	pcm   *capture.PCM
	start capture.Time  // of the first sample
	skip  time.Duration // the same, on the segment's time
	at    time.Duration // on the segment's time, of the next block
	limit time.Duration // no block from here on is passed; 0 for no limit yet
	peak  int           // amplitude
}

// newSound returns the sound of a segment that begins at start, offset after the
// recording; what was captured before is dropped.
func newSound(start capture.Time, offset time.Duration, f *feed, hear func([]int16), fail func(error)) *sound {
	skip := toFrame(offset)
	s := &sound{feed: f, hear: hear, fail: fail, start: start.Add(skip), skip: skip, at: skip}
	s.pcm = capture.NewPCM(s.start, s.pass)
	return s
}

// frameLen is how many samples an AAC frame holds (ISO/IEC 14496-3).
const frameLen = 1024

// toFrame returns how long after an instant of the recording the next frame of
// its first encoder begins. Another encoder begins its sound there, so that its
// frames follow those before without a gap: not every player shows a gap of less
// than a frame, and the sound would be early behind it.
func toFrame(offset time.Duration) time.Duration {
	samples := int64(offset.Seconds()*capture.SampleRate + 0.5)
	missing := (frameLen - samples%frameLen) % frameLen
	return time.Duration(missing) * time.Second / capture.SampleRate
}

// push takes samples as they were captured.
func (s *sound) push(samples capture.Samples) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pcm.Push(samples)
}

// pass takes a repaired block.
func (s *sound) pass(block capture.Samples) {
	if s.limit > 0 && s.at >= s.limit {
		return
	}
	for _, v := range block.PCM {
		s.peak = max(s.peak, int(v), -int(v))
	}
	s.hear(block.PCM)
	if err := s.feed.samples(s.at, block.PCM); err != nil {
		s.fail(err)
	}
	s.at += time.Duration(block.Len()) * time.Second / capture.SampleRate
}

// endAt sets the end of the segment: nothing from after it is passed.
func (s *sound) endAt(end capture.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(1, end.Sub(s.start)+s.skip)
}

// finish fills the sound up to end, where no more will come.
func (s *sound) finish(end capture.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pcm.Flush(end)
}

// soundStats is what the audio of a segment counted.
type soundStats struct {
	capture.PCMStats
	Peak int // amplitude
}

func (s *sound) stats() soundStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return soundStats{PCMStats: s.pcm.Stats(), Peak: s.peak}
}

// soundReport returns the figures of the segments together.
func soundReport(segments []soundStats) report.Audio {
	var r report.Audio
	var out, filled, silent, longest int64
	var hole time.Duration
	peak := 0
	for _, s := range segments {
		peak = max(peak, s.Peak)
		out += s.Out
		filled += s.Filled
		silent += max(0, s.Silent-s.Filled)
		r.Holes += s.Holes
		hole = max(hole, s.LongestHole)
		if s.Out >= longest { // the longest segment knows the drift best
			longest = s.Out
			r.DriftPPM, r.DriftPerMin = report.Round(s.Drift, 1), report.Round(s.Drift*60/1000, 3)
		}
	}
	const perSecond = float64(capture.SampleRate)
	r.Covered = report.Round(100*float64(out-filled)/math.Max(1, float64(out)), 3)
	r.Silent = report.Round(float64(silent)/perSecond, 2)
	r.Filled = report.Round(1000*float64(filled)/perSecond, 1)
	r.LongestHole = report.Milliseconds(hole)
	r.PeakDBFS = report.Decibels(float64(peak))
	return r
}
