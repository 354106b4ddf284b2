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

// Only what was not allowed counts as refused.
func TestPageLogRefused(t *testing.T) {
	l := NewPageLog(time.Now(), func(text string) string { return text })
	for _, line := range []string{
		"-> GET https://room.example/", "200 Document https://room.example/",
		"refused: Failed to load resource: the server responded with a status of 404 (Not Found) (https://room.example/favicon.ico)",
		"refused: Failed to load resource: the server responded with a status of 403 (Forbidden) (https://room.example/join)",
	} {
		l.Request(line)
	}
	if n := l.Refused(); n != 1 {
		t.Errorf("%d requests were refused", n)
	}
}
