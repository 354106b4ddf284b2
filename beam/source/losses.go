package source

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"beam/beam/report"
	"beam/capture"
	"beam/capture/pulse"
)

// Losses counts what a recording has lost, so that a fault that repeats ends
// it. Its methods may be called from any goroutine.
type Losses struct {
	mu   sync.Mutex
	seen map[string][]capture.Time
}

// Allow notes the loss of something at now, and returns false when it was lost
// too often within lostWithin.
func (l *Losses) Allow(what string, now capture.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil {
		l.seen = map[string][]capture.Time{}
	}
	l.seen[what] = append(l.seen[what], now)
	return !tooOften(l.seen[what], now)
}

// tooOften tells whether more than mostLost of the losses are recent.
func tooOften(losses []capture.Time, now capture.Time) bool {
	recent := 0
	for _, at := range losses {
		if now.Sub(at) <= lostWithin {
			recent++
		}
	}
	return recent > mostLost
}

// Count returns how often something was lost.
func (l *Losses) Count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen[what])
}

// Repeated tells whether something was lost too often.
func (l *Losses) Repeated(now capture.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for what, all := range l.seen {
		if what != LostMemory && tooOften(all, now) {
			return true
		}
	}
	return false
}

// gap is an interval of the recording in which something was lost and being
// replaced.
type gap struct {
	What     string
	From, To capture.Time
	Cause    error
}

// Gaps are the gaps of a recording. Its methods may be called from any
// goroutine.
type Gaps struct {
	mu   sync.Mutex
	list []gap
}

// Add notes that something was lost and replaced.
func (g *Gaps) Add(what string, from, to capture.Time, cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.list = append(g.list, gap{What: what, From: from, To: to, Cause: cause})
}

// Report lists the gaps by their places in the recording.
func (g *Gaps) Report(position func(capture.Time) time.Duration) []report.Gap {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := []report.Gap{}
	for _, one := range g.list {
		out = append(out, report.Gap{
			At: report.Round(position(one.From).Seconds(), 2), Seconds: report.Round(one.To.Sub(one.From).Seconds(), 2),
			Lost: one.What, Cause: firstLine(one.Cause),
		})
	}
	return out
}

// firstLine returns what an error says in its first line: what follows are the
// last words of a program.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// What a recording may lose before that ends it: mostLost of a kind within
// lostWithin. A fault that comes once an hour is repaired as often as it comes.
const (
	mostLost   = 3
	lostWithin = 10 * time.Minute
)

// loss is what was lost of the source of a recording.
type loss struct {
	what  string       // LostBrowser, LostDisplay, LostSound or LostMemory
	since capture.Time // when it was seen alive last; 0 for until just now
	err   error
}

func (l *loss) Error() string { return l.err.Error() }
func (l *loss) Unwrap() error { return l.err }

// What can be lost. These words are in notices and reports.
const (
	LostBrowser = "browser"
	LostDisplay = "display"
	LostSound   = "sound server"
	LostEncoder = "encoder"
	LostMemory  = "memory" // nothing yet: the browser is started anew before the kernel kills it
)

// beginning and end tell the user of a repair.
func (l *loss) beginning() string {
	if l.what == LostMemory {
		return "memory is running out, starting the browser anew: " + l.err.Error()
	}
	return fmt.Sprintf("the %s was lost, replacing it: %v", l.what, l.err)
}

func (l *loss) end(took time.Duration) string {
	if l.what == LostMemory {
		return fmt.Sprintf("the room was joined again after %.1f s", took.Seconds())
	}
	return fmt.Sprintf("the room was joined again %.1f s after the %s was lost", took.Seconds(), l.what)
}

// soundLoss is the loss of one sound server.
type soundLoss struct {
	server *pulse.Server
	since  capture.Time // of the last sample that it gave
	err    error
}
