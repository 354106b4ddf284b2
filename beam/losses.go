package beam

import (
	"strings"
	"sync"
	"time"

	"beam/beam/report"
	"beam/capture"
)

// losses counts what a recording has lost, so that a fault that repeats ends
// it. Its methods may be called from any goroutine.
type losses struct {
	mu   sync.Mutex
	seen map[string][]capture.Time
}

// allow notes the loss of something at now, and returns false when it was lost
// too often within lostWithin.
func (l *losses) allow(what string, now capture.Time) bool {
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

// count returns how often something was lost.
func (l *losses) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen[what])
}

// repeated tells whether something was lost too often.
func (l *losses) repeated(now capture.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, all := range l.seen {
		if tooOften(all, now) {
			return true
		}
	}
	return false
}

// gap is a stretch of the recording in which something was lost and being
// replaced.
type gap struct {
	What     string
	From, To capture.Time
	Cause    error
}

// gaps are the gaps of a recording. Its methods may be called from any
// goroutine.
type gaps struct {
	mu   sync.Mutex
	list []gap
}

func (g *gaps) add(what string, from, to capture.Time, cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.list = append(g.list, gap{What: what, From: from, To: to, Cause: cause})
}

// report lists the gaps by their places in the recording.
func (g *gaps) report(position func(capture.Time) time.Duration) []report.Gap {
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
