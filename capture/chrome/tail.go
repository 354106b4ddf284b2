package chrome

import (
	"bytes"
	"strings"
	"sync"
)

// tail keeps the last max bytes written to it: what the browser said before it
// died. It is safe for concurrent use.
type tail struct {
	max int

	mu  sync.Mutex
	buf []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.max; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// Lines returns the last n lines that say anything. A browser in a container
// finds no D-Bus and says so dozens of times; these lines are left out.
func (t *tail) Lines(n int) string {
	t.mu.Lock()
	text := bytes.Clone(t.buf)
	t.mu.Unlock()
	var out []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.Contains(line, "dbus/") {
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out[max(0, len(out)-n):], "\n")
}
