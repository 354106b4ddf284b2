package x11

import (
	"strings"
	"sync"
)

// tail keeps the end of what a process wrote to its standard error.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 2048

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if n := len(t.buf) - tailSize; n > 0 {
		t.buf = append(t.buf[:0], t.buf[n:]...)
	}
	return len(p), nil
}

// last returns the last line that says something; Xvfb frames its fatal errors
// with lines that are "(EE)" and nothing more.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := ""
	for line := range strings.Lines(string(t.buf)) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "(EE)"))
		if line != "" {
			said = line
		}
	}
	return said
}
