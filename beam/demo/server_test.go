package demo

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/capture"
)

// An address that can't be served at is told before any clip is made, in words
// that say which address, why, and what to do.
func TestStartRefuses(t *testing.T) {
	taken := must(net.Listen("tcp", "127.0.0.1:0"))
	defer taken.Close()
	for _, tt := range []struct{ addr, why, hint string }{
		{"0.0.0.0:0", "not a loopback address", "127.0.0.1:PORT"},
		{":0", "not a loopback address", "127.0.0.1:PORT"},
		{"192.0.2.1:80", "not a loopback address", "127.0.0.1:PORT"},
		{"127.0.0.1:notaport", "notaport", "127.0.0.1:PORT"},
		{"127.0.0.1", "missing port", "127.0.0.1:PORT"},
		{taken.Addr().String(), "address already in use", "another port"},
	} {
		t.Run(tt.addr, func(t *testing.T) {
			cache := t.TempDir()
			s, err := Start(t.Context(), Options{Addr: tt.addr, CacheDir: cache + "/clips", Log: slog.New(slog.DiscardHandler)})
			if err == nil {
				s.Close()
				t.Fatal("served")
			}
			var fault *capture.Fault
			if !errors.As(err, &fault) || fault.Class != capture.ClassUsage {
				t.Fatalf("%v is no fault of usage", err)
			}
			if text := err.Error(); !strings.Contains(text, tt.addr) || !strings.Contains(text, tt.why) {
				t.Errorf("the error does not name %q and %q: %s", tt.addr, tt.why, text)
			}
			if !strings.Contains(fault.Hint, tt.hint) {
				t.Errorf("the hint is %q", fault.Hint)
			}
		})
	}
}

func TestStartWithoutEncoder(t *testing.T) {
	addr := freeAddr(t)
	_, err := Start(t.Context(), Options{Addr: addr, CacheDir: t.TempDir() + "/clips", FFmpeg: "no-such-program-here"})
	var fault *capture.Fault
	if !errors.As(err, &fault) || fault.Class != capture.ClassEnvironment || !strings.Contains(fault.Hint, "ffmpeg") {
		t.Errorf("without ffmpeg: %v", err)
	}
	mustBeFree(t, addr)
}

// freeAddr returns an address that nobody listens at.
func freeAddr(t *testing.T) string {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	return l.Addr().String()
}

func mustBeFree(t *testing.T, addr string) {
	t.Helper()
	if err := dial(addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%s is not free: %v", addr, err)
	}
}

// dial connects and hangs up.
func dial(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err == nil {
		c.Close()
	}
	return err
}

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
			eventually(t, 10*time.Second, "media", func() bool { return len(c.playing()) >= 3 })
			if n := sockets(t); n <= before {
				t.Fatalf("%d sockets while the room runs, %d before", n, before)
			}
			end(s, cancel)
			eventually(t, 5*time.Second, "the port is free", func() bool {
				return errors.Is(dial(s.addr), syscall.ECONNREFUSED)
			})
			s.Close()
			s.Close() // again
			c.close()
			eventually(t, 5*time.Second, "the sockets are gone", func() bool { return sockets(t) <= before })
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
