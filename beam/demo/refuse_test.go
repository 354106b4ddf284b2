package demo

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"

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
