package beam

import (
	"math"
	"slices"
	"sync"
	"time"

	"beam/capture"
)

// sound takes the sound of the recording's sink, repairs it, and passes it to
// the feed. Its methods may be called from any goroutine.
type sound struct {
	offset time.Duration // added to all times
	feed   *feed
	fail   func(error)

	mu      sync.Mutex
	pcm     *capture.PCM      // nil before begin
	early   []capture.Samples // the last that came before begin
	start   Time
	at      time.Duration // on the recording's time, of the next block
	newest  Time          // capture time of the end of what has come
	flowing chan struct{} // closed when the first samples have come
	came    bool
	limit   time.Duration // no block from here on is passed; 0 for no limit yet
	loudest int           // amplitude since the last call of level
	peak    int           // amplitude of all
}

func newSound(offset time.Duration, f *feed, fail func(error)) *sound {
	return &sound{offset: offset, feed: f, fail: fail, flowing: make(chan struct{})}
}

// earlyPackets is how many packets from before begin are kept. The sink renders
// some 20 ms ahead, so sound of the first instants has come before them.
const earlyPackets = 20

// begin sets the start of the recording; what was captured before is dropped.
func (s *sound) begin(start Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start = start
	s.pcm = capture.NewPCM(start, s.pass)
	for _, samples := range s.early {
		s.push(samples)
	}
	s.early = nil
}

// take takes samples from the sound server.
func (s *sound) take(samples capture.Samples) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.came {
		s.came = true
		close(s.flowing)
	}
	if s.pcm == nil {
		if len(s.early) == earlyPackets {
			s.early = s.early[1:]
		}
		s.early = append(s.early, capture.Samples{At: samples.At, PCM: slices.Clone(samples.PCM)})
		return
	}
	s.push(samples)
}

func (s *sound) push(samples capture.Samples) {
	samples.At = samples.At.Add(s.offset)
	s.newest = samples.At.Add(time.Duration(samples.Len()) * time.Second / capture.SampleRate)
	s.pcm.Push(samples)
}

// pass takes a repaired block.
func (s *sound) pass(block capture.Samples) {
	if s.limit > 0 && s.at >= s.limit {
		return
	}
	for _, v := range block.PCM {
		s.loudest = max(s.loudest, int(v), -int(v))
	}
	s.peak = max(s.peak, s.loudest)
	if err := s.feed.samples(s.at, block.PCM); err != nil {
		s.fail(&Fault{Class: ClassEncoder, Op: "encode", Err: err,
			Hint: "see whether the machine is overloaded, or the disk of the output hangs"})
	}
	s.at += time.Duration(block.Len()) * time.Second / capture.SampleRate
}

// reached tells whether all that was captured before end has come.
func (s *sound) reached(end Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newest >= end
}

// endAt sets the end of the recording: nothing from after it is passed.
func (s *sound) endAt(end Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(1, end.Sub(s.start))
}

// finish fills the sound up to end, where no more will come.
func (s *sound) finish(end Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pcm.Flush(end)
}

// level returns the loudest sample since the last call, in dBFS.
func (s *sound) level() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.loudest
	s.loudest = 0
	return decibels(float64(l))
}

// report returns the figures; stalls are the sound server's.
func (s *sound) report(stalls int) SoundReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := s.pcm.Stats()
	perSecond := float64(capture.SampleRate)
	return SoundReport{
		Covered:     round(100*float64(stats.Out-stats.Filled)/math.Max(1, float64(stats.Out)), 3),
		Silent:      round(float64(max(0, stats.Silent-stats.Filled))/perSecond, 2),
		Filled:      round(1000*float64(stats.Filled)/perSecond, 1),
		Holes:       stats.Holes,
		LongestHole: milliseconds(stats.LongestHole),
		Stalls:      stalls,
		PeakDBFS:    decibels(float64(s.peak)),
		DriftPPM:    round(stats.Drift, 1),
		DriftPerMin: round(stats.Drift*60/1000, 3),
	}
}
