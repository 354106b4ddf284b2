package ffmpeg

import (
	"bytes"
	"sync"
)

// tail keeps the last lines of ffmpeg's log.
type tail struct {
	mu   sync.Mutex
	keep int
	open []byte // the line that has no end yet
	kept []string
}

const longestLine = 1024

func newTail(lines int) *tail { return &tail{keep: lines} }

// Write takes any cut of the log; it never fails.
func (t *tail) Write(b []byte) (int, error) {
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

func (t *tail) close() {
	if text := string(bytes.TrimRight(t.open, "\r ")); text != "" {
		t.kept = append(t.kept, text)
	}
	if over := len(t.kept) - t.keep; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	t.open = t.open[:0]
}

func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := append([]string(nil), t.kept...)
	if len(t.open) > 0 {
		lines = append(lines, string(t.open))
	}
	return lines
}
