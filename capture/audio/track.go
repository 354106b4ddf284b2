package audio

import (
	"sync"
	"time"

	"beam/capture"
)

// Track repairs the audio of a segment and passes it to the queue. Its methods
// may be called from any goroutine.
type Track struct {
	sink Sink
	hear func([]int16) // gets what goes into the recording
	fail func(error)

	mu    sync.Mutex
	pcm   *PCM
	start capture.Time  // of the first sample
	skip  time.Duration // the same, on the segment's time
	at    time.Duration // on the segment's time, of the next block
	limit time.Duration // no block from here on is passed; 0 for no limit yet
	peak  int           // amplitude
}

// Sink takes audio without a gap, in order; times are the segment's. Its
// error means that nobody reads what it was given.
type Sink interface {
	WriteSamples(at time.Duration, pcm []int16) error
}

// NewTrack returns the audio of a segment that begins at start, offset after the
// recording; what was captured before is dropped.
func NewTrack(start capture.Time, offset time.Duration, sink Sink, hear func([]int16), fail func(error)) *Track {
	skip := toNextFrame(offset)
	s := &Track{sink: sink, hear: hear, fail: fail, start: start.Add(skip), skip: skip, at: skip}
	s.pcm = NewPCM(s.start, s.pass)
	return s
}

// frameLen is how many samples an AAC frame holds (ISO/IEC 14496-3).
const frameLen = 1024

// toNextFrame returns how long after an instant of the recording the next frame of
// its first encoder begins. Another encoder begins its audio there, so that its
// frames follow those before without a gap: not every player shows a gap of less
// than a frame, and the audio would be early behind it.
func toNextFrame(offset time.Duration) time.Duration {
	samples := int64(offset.Seconds()*capture.SampleRate + 0.5)
	missing := (frameLen - samples%frameLen) % frameLen
	return time.Duration(missing) * time.Second / capture.SampleRate
}

// push takes samples as they were captured.
func (s *Track) push(samples capture.Samples) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pcm.Push(samples)
}

// pass takes a repaired block.
func (s *Track) pass(block capture.Samples) {
	if s.limit > 0 && s.at >= s.limit {
		return
	}
	for _, v := range block.PCM {
		s.peak = max(s.peak, int(v), -int(v))
	}
	s.hear(block.PCM)
	if err := s.sink.WriteSamples(s.at, block.PCM); err != nil {
		s.fail(err)
	}
	s.at += time.Duration(block.Len()) * time.Second / capture.SampleRate
}

// EndAt sets the end of the segment: nothing from after it is passed.
func (s *Track) EndAt(end capture.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(1, end.Sub(s.start)+s.skip)
}

// Finish fills the audio up to end, where no more will come.
func (s *Track) Finish(end capture.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pcm.Flush(end)
}

// Stats is what the audio of a segment counted.
type Stats struct {
	PCMStats
	Peak int // amplitude
}

// Stats returns what was counted so far.
func (s *Track) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{PCMStats: s.pcm.Stats(), Peak: s.peak}
}
