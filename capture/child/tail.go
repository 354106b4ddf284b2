package child

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

// longestLine is how much of a line is kept, in bytes.
const longestLine = 1024

// Tail keeps the last lines of what a program writes: what it said before it
// died. It is an io.Writer and may be used from any goroutine.
type Tail struct {
	mu   sync.Mutex
	keep int
	open []byte // the line that has no end yet
	kept []string
}

// NewTail returns a Tail of so many lines. Empty lines don't count, and of a
// line 1024 bytes are kept.
func NewTail(lines int) *Tail { return &Tail{keep: lines} }

// Write takes any cut of the text; it never fails.
func (t *Tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	for {
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		if room := longestLine - len(t.open); room > 0 {
			t.open = append(t.open, line[:min(room, len(line))]...)
		}
		if !ended {
			return n, nil
		}
		t.close()
		b = rest
	}
}

func (t *Tail) close() {
	if text := trimmed(t.open); text != "" {
		t.kept = append(t.kept, text)
	}
	if over := len(t.kept) - t.keep; over > 0 {
		t.kept = slices.Delete(t.kept, 0, over)
	}
	t.open = t.open[:0]
}

// trimmed leaves the indent, which ffmpeg's log has a meaning for.
func trimmed(line []byte) string { return strings.TrimRight(string(line), " \t\r") }

// Lines returns the lines that are kept, the last of which may have no end yet.
func (t *Tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := slices.Clone(t.kept)
	if text := trimmed(t.open); text != "" {
		lines = append(lines, text)
	}
	return lines[max(0, len(lines)-t.keep):]
}
