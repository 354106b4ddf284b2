//go:build e2e

package demo

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// sockets returns how many this process has.
func sockets(t *testing.T) int {
	t.Helper()
	n := 0
	for _, e := range must(os.ReadDir("/proc/self/fd")) {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// Close, with a viewer in the room, and the end of the context both end all
// that was started; that no goroutine is left, TestMain tells.
func TestCloseLeavesNothing(t *testing.T) {
	for name, end := range map[string]func(s *Server, cancel func()){
		"close":   func(s *Server, _ func()) { s.Close() },
		"context": func(_ *Server, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			before := sockets(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s, err := Start(ctx, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			c := subscribe(t, s, roomCalm)
			c.abandoned.Store(true)
			eventually(t, soon, "media", func() bool { return len(c.playing()) >= 3 })
			if n := sockets(t); n <= before {
				t.Fatalf("%d sockets while the room runs, %d before", n, before)
			}
			end(s, cancel)
			eventually(t, soon, "the port is free", func() bool {
				return errors.Is(dial(s.addr), syscall.ECONNREFUSED)
			})
			s.Close()
			s.Close() // again
			c.close()
			eventually(t, soon, "the sockets are gone", func() bool { return sockets(t) <= before })
		})
	}
}

// The server answers what it has, and nothing else.
func TestRoutes(t *testing.T) {
	s := startServer(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]struct {
		status int
		kind   string
	}{
		"":                      {200, "text/html"},
		"?picture=busy":         {200, "text/html"},
		"?people=16":            {200, "text/html"},
		"lipsync":               {200, "text/html"},
		"timing":                {200, "text/html"},
		"web/room.js":           {200, "text/javascript"},
		"clips/ana.webm":        {200, "video/webm"},
		"clips/ana.ivf":         {404, ""},
		"clips/ana":             {404, ""},
		"clips/..%2fana.webm":   {404, ""},
		"clips/nobody.webm":     {404, ""},
		"join?room=elsewhere":   {404, ""},
		"join?room=" + roomCalm: {426, ""}, // no WebSocket
		"nowhere":               {404, ""},
	} {
		res, err := client.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want.status || len(body) == 0 || !strings.HasPrefix(res.Header.Get("Content-Type"), want.kind) {
			t.Errorf("%q: %s, %q, %d bytes, %v", path, res.Status, res.Header.Get("Content-Type"), len(body), err)
		}
	}
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") || s.TimingURL() != s.URL()+"timing" || s.LipSyncURL() != s.URL()+"lipsync" {
		t.Errorf("addresses %s, %s, %s", s.URL(), s.TimingURL(), s.LipSyncURL())
	}
}
