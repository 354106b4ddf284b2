package beam

import (
	"slices"
	"sync"

	"beam/beam/report"
)

// engineRequest asks for the frames of another engine.
type engineRequest struct{ to, reason string }

// engineSwitch holds the engine that the frames come from, and takes requests
// for another one. Its methods may be called from any goroutine.
type engineSwitch struct {
	requests chan engineRequest // for the loop

	mu      sync.Mutex
	engine  string
	reason  string // why it was chosen at the start
	changes []report.EngineChange
}

func newEngineSwitch() *engineSwitch { return &engineSwitch{requests: make(chan engineRequest, 1)} }

// choose sets the engine of the start.
func (e *engineSwitch) choose(engine, reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.engine, e.reason = engine, reason
}

// current returns the engine that the frames come from now.
func (e *engineSwitch) current() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.engine
}

// ask asks for the frames of another engine from now on. The loop decides.
func (e *engineSwitch) ask(to, reason string) {
	select {
	case e.requests <- engineRequest{to: to, reason: reason}:
	default: // it has been asked for
	}
}

// change carries a request out at a second of the recording, and returns the
// engine that is left.
func (e *engineSwitch) change(r engineRequest, at float64) (from string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	from, e.engine = e.engine, r.to
	e.changes = append(e.changes, report.EngineChange{At: report.Round(at, 2), From: from, To: r.to, Reason: r.reason})
	return from
}

// history returns why the first engine was chosen, and the changes since; never
// nil.
func (e *engineSwitch) history() (reason string, changes []report.EngineChange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.reason, append([]report.EngineChange{}, slices.Clone(e.changes)...)
}
