package beam

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"beam/beam/report"
)

// announcer tells whoever watches what a recording does, and keeps of it what
// the report and the commands of other processes ask for. Its methods may be
// called from any goroutine; only the lifecycle changes the state.
type announcer struct {
	log  *slog.Logger
	hide func(string) string // takes secrets out of a text

	mu        sync.Mutex
	sink      Sink
	state     State
	notices   []string
	overflown bool      // there were more of them than mostNotices
	degraded  []string  // why the recording is not what was asked for
	progress  *Progress // the last
	at        time.Time // of it
}

func newAnnouncer(sink Sink, hide func(string) string, log *slog.Logger) *announcer {
	return &announcer{sink: sink, hide: hide, log: log, state: StateStarting}
}

// emit passes an event to the sink.
func (a *announcer) emit(e Event) {
	e.Time = time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sink(e)
}

// start announces the first state.
func (a *announcer) start() { a.emit(Event{Type: EventState, State: a.current()}) }

// current returns the state.
func (a *announcer) current() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// enter changes the state. A change that the table does not have is a defect.
func (a *announcer) enter(to State) {
	state, err := a.current().To(to)
	if err != nil {
		a.log.Error("state", "error", err)
		return
	}
	a.mu.Lock()
	a.state = state
	a.mu.Unlock()
	a.emit(Event{Type: EventState, State: state})
}

// notice records something that the user should know and that the report keeps.
func (a *announcer) notice(format string, args ...any) {
	text := a.hide(fmt.Sprintf(format, args...))
	a.mu.Lock()
	full := len(a.notices) >= mostNotices
	if full && !a.overflown {
		a.overflown = true
		text = "there are more notices than are told"
		full = false
	}
	if !full {
		a.notices = append(a.notices, text)
	}
	a.mu.Unlock()
	if full {
		a.log.Debug("notice left out", "text", text)
		return
	}
	a.emit(Event{Type: EventNotice, Text: text})
}

// mostNotices bounds what a page can make a recording tell.
const mostNotices = 200

// degrade records why the recording is not what was asked for.
func (a *announcer) degrade(text string) {
	text = a.hide(text)
	a.mu.Lock()
	a.degraded = append(a.degraded, text)
	a.mu.Unlock()
	a.emit(Event{Type: EventNotice, Text: text})
}

// progressed announces how the recording stands.
func (a *announcer) progressed(p *Progress) {
	a.mu.Lock()
	a.progress, a.at = p, time.Now()
	a.mu.Unlock()
	a.emit(Event{Type: EventProgress, Progress: p})
}

// tell puts what was noticed so far into a report.
func (a *announcer) tell(rep *report.Report) { rep.Notices, rep.Degraded = a.told() }

// told returns what was noticed so far, and in what way the recording is less
// than what was asked for; never nil.
func (a *announcer) told() (notices, degraded []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string{}, a.notices...), append([]string{}, a.degraded...)
}

// standing is how a recording stands, for the commands of other processes.
type standing struct {
	state    State
	progress *Progress // nil before the first
	at       time.Time // of progress
	notices  []string
}

func (a *announcer) standing() standing {
	a.mu.Lock()
	defer a.mu.Unlock()
	return standing{state: a.state, progress: a.progress, at: a.at, notices: slices.Clone(a.notices)}
}
