package audio

import (
	"slices"
	"sync"
	"time"

	"beam/capture"
)

// keep is how much of the audio is kept for a segment that begins in the
// past: the sink renders some 20 ms ahead, and after an encoder was lost the
// next one begins with its last whole fragment. That is 2 s and what ffmpeg
// holds back, a loaded machine's delay, and the time until a hanging encoder is
// given up. 3.8 MB.
const keep = 20 * time.Second

// audible is the amplitude from which on audio counts as heard, of 32768: -60 dBFS.
const audible = 33

// Tap takes the audio of the recording's sink as long as the recording lasts,
// and passes it to the segment that is being recorded. Its methods may be
// called from any goroutine.
type Tap struct {
	offset time.Duration // added to all times

	mu      sync.Mutex
	into    *Track            // nil while nothing is recorded
	recent  []capture.Samples // the last keep
	newest  capture.Time      // capture time of the end of what has come
	Flowing chan struct{}     // closed when the first samples have come
	loudest int               // amplitude since the last call of level
	heard   capture.Time      // when something audible was captured last
}

// NewTap returns a tap to which nothing has come; offset is added to all times.
func NewTap(offset time.Duration) *Tap {
	return &Tap{offset: offset, Flowing: make(chan struct{})}
}

// Take takes samples from the sound server.
func (e *Tap) Take(samples capture.Samples) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.newest == 0 {
		close(e.Flowing)
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
	for len(e.recent) > 0 && at.Sub(e.recent[0].At) > keep {
		e.recent = e.recent[1:]
	}
	e.recent = append(e.recent, kept)
	if e.into != nil {
		e.into.push(kept)
	}
}

// Attach passes the audio to a segment from now on, and what is kept of the
// past first.
func (e *Tap) Attach(s *Track) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.into = s
	for _, samples := range e.recent {
		s.push(samples)
	}
}

// Detach ends what attach began.
func (e *Tap) Detach() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.into = nil
}

// Reached tells whether all that was captured before end has come.
func (e *Tap) Reached(end capture.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.newest >= end
}

// Last returns the capture time of the end of what has come; 0 for nothing.
func (e *Tap) Last() capture.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.newest
}

// Level returns the amplitude of the loudest sample since the last call.
func (e *Tap) Level() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	l := e.loudest
	e.loudest = 0
	return l
}

// LastHeard returns when something audible was captured last, 0 for never.
func (e *Tap) LastHeard() capture.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard
}
