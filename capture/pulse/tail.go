package pulse

import (
	"strings"
	"sync"
)

// tail keeps the end of what a process wrote to its standard error.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - tailSize; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(p), nil
}

// errors returns the lines that PulseAudio marked as errors, joined; else the
// last line.
func (t *tail) errors() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []string
	var last string
	for line := range strings.Lines(string(t.buf)) {
		last = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(last, "E: [pulseaudio] "); ok {
			found = append(found, rest)
		}
	}
	if len(found) == 0 {
		return last
	}
	return strings.Join(found, "; ")
}
