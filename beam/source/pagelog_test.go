package source

import (
	"strings"
	"testing"
	"time"
)

func TestPageLog(t *testing.T) {
	l := NewPageLog(time.Now(), func(text string) string { return text })
	for range keptLines + 5 {
		l.Console("log", strings.Repeat("x", 2*longestLine))
	}
	l.Console("error", "the last\nline")
	l.Request("-> GET https://room.example/")
	console, requests := l.Texts()
	if !strings.Contains(console, "6 earlier lines") || !strings.Contains(console, "error: the last\n         line") || !strings.Contains(requests, "GET") {
		t.Errorf("%.80s ... %s", console, requests)
	}
	if len(console) > keptLines*(longestLine+30) {
		t.Errorf("%d bytes", len(console))
	}
}
