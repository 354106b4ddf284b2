package source

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// PageLog keeps the last lines of what the page wrote to its console and of
// its requests, for whoever has to find out why a room could not be recorded.
// Its methods may be called from any goroutine.
type PageLog struct {
	began time.Time
	hide  func(string) string // takes secrets out of a text

	mu       sync.Mutex
	lines    ring
	requests ring
	refused  int
}

const (
	longestLine = 1000 // bytes
	keptLines   = 2000
)

// NewPageLog returns an empty log; its times are those since began, and hide takes
// secrets out of its texts.
func NewPageLog(began time.Time, hide func(string) string) *PageLog {
	return &PageLog{began: began, hide: hide}
}

// Console takes a line of the page's console.
func (l *PageLog) Console(level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	text = l.hide(text)
	text = text[:min(len(text), longestLine)]
	l.lines.add(l.line(level + ": " + text))
}

// Request takes a line about a request.
func (l *PageLog) Request(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line = l.hide(line)
	l.requests.add(l.line(line[:min(len(line), longestLine)]))
	if strings.HasPrefix(line, "refused: ") && refusal.MatchString(line) {
		l.refused++
	}
}

// refusal is how the browser tells of a request that was not allowed. A picture that
// is missing is none.
var refusal = regexp.MustCompile(`status of (401|403|407)\b`)

// Refused returns how many requests of the page were refused after it was opened.
func (l *PageLog) Refused() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}

func (l *PageLog) line(text string) string {
	return fmt.Sprintf("%8.3f %s", time.Since(l.began).Seconds(), strings.ToValidUTF8(text, "?"))
}

// Texts returns the two logs.
func (l *PageLog) Texts() (console, requests string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.text(), l.requests.text()
}

// ring keeps the last keptLines lines.
type ring struct {
	lines []string
	next  int
	lost  int
}

func (r *ring) add(line string) {
	if len(r.lines) < keptLines {
		r.lines = append(r.lines, line)
		return
	}
	r.lines[r.next] = line
	r.next = (r.next + 1) % keptLines
	r.lost++
}

func (r *ring) text() string {
	var b strings.Builder
	if r.lost > 0 {
		fmt.Fprintf(&b, "(%d earlier lines are left out)\n", r.lost)
	}
	for i := range r.lines {
		b.WriteString(strings.ReplaceAll(r.lines[(r.next+i)%len(r.lines)], "\n", "\n         "))
		b.WriteByte('\n')
	}
	return b.String()
}
