package beam

import (
	"slices"
	"sync"
	"time"

	"beam/beam/report"
	"beam/capture"
)

// keepSound is how much of the audio is kept for a segment that begins in the
// past: the sink renders some 20 ms ahead, and after an encoder was lost the
// next one begins with its last whole fragment. That is 2 s and what ffmpeg
// holds back, a loaded machine's delay, and the time until a hanging encoder is
// given up. 3.8 MB.
const keepSound = 20 * time.Second

// audible is the amplitude from which on sound counts as such, of 32768: -60 dBFS.
const audible = 33

// ear takes the sound of the recording's sink as long as the recording lasts,
// and passes it to the segment that is being recorded. Its methods may be
// called from any goroutine.
type ear struct {
	offset time.Duration // added to all times

	mu      sync.Mutex
	into    *sound            // nil while nothing is recorded
	recent  []capture.Samples // the last keepSound
	newest  capture.Time      // capture time of the end of what has come
	flowing chan struct{}     // closed when the first samples have come
	loudest int               // amplitude since the last call of level
	heard   capture.Time      // when something audible was captured last
}

func newEar(offset time.Duration) *ear {
	return &ear{offset: offset, flowing: make(chan struct{})}
}

// take takes samples from the sound server.
func (e *ear) take(samples capture.Samples) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.newest == 0 {
		close(e.flowing)
	}
	at := samples.At.Add(e.offset)
	e.newest = at.Add(time.Duration(samples.Len()) * time.Second / capture.SampleRate)
	loudest := 0
	for _, v := range samples.PCM {
		loudest = max(loudest, int(v), -int(v))
	}
	e.loudest = max(e.loudest, loudest)
	if loudest >= audible {
		e.heard = samples.At
	}
	kept := capture.Samples{At: at, PCM: slices.Clone(samples.PCM)}
	for len(e.recent) > 0 && at.Sub(e.recent[0].At) > keepSound {
		e.recent = e.recent[1:]
	}
	e.recent = append(e.recent, kept)
	if e.into != nil {
		e.into.push(kept)
	}
}

// attach passes the sound to a segment from now on, and what is kept of the
// past first.
func (e *ear) attach(s *sound) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.into = s
	for _, samples := range e.recent {
		s.push(samples)
	}
}

// detach ends what attach began.
func (e *ear) detach() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.into = nil
}

// reached tells whether all that was captured before end has come.
func (e *ear) reached(end capture.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.newest >= end
}

// last returns the capture time of the end of what has come; 0 for nothing.
func (e *ear) last() capture.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.newest
}

// level returns the loudest sample since the last call, in dBFS.
func (e *ear) level() float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.loudest
	e.loudest = 0
	return report.Decibels(float64(l))
}

// lastHeard returns when something audible was captured last, 0 for never.
func (e *ear) lastHeard() capture.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}
