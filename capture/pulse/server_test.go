package pulse

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/capture"
)

// helperEnv makes the test binary start a daemon in the named folder, print its
// process id, and wait for its own death.
const helperEnv = "BEAM_TEST_PULSE_HELPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperEnv); dir != "" {
		helper(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// shortDir returns a temporary folder with a path that leaves room for the
// socket's name; t.TempDir has the test's name in it.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "beam")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func start(t *testing.T, dir string) *Server {
	t.Helper()
	path, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), Options{Path: path, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, s) })
	return s
}

func closeServer(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}

func wantFault(t *testing.T, err error, class capture.Class) *capture.Fault {
	t.Helper()
	var fault *capture.Fault
	if !errors.As(err, &fault) || fault.Class != class {
		t.Fatalf("error is %v, want a fault of class %s", err, class)
	}
	return fault
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestFindMissing(t *testing.T) {
	_, err := Find("/nonexistent/pulseaudio")
	if wantFault(t, err, capture.ClassEnvironment).Hint == "" {
		t.Error("no hint")
	}
}

func TestLifecycle(t *testing.T) {
	dir := shortDir(t)
	s := start(t, dir)
	if want := "unix:" + filepath.Join(dir, "pulse", "native"); s.Addr() != want {
		t.Errorf("address is %s, want %s", s.Addr(), want)
	}
	if !strings.Contains(s.Version(), ".") {
		t.Errorf("version is %q", s.Version())
	}
	if !alive(s.PID()) || s.Err() != nil {
		t.Errorf("process %d, error %v", s.PID(), s.Err())
	}
	info, err := os.Stat(filepath.Join(dir, "pulse"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can enter the folder: %v", info.Mode())
	}
	closeServer(t, s)
	closeServer(t, s)
	select {
	case <-s.Done():
	default:
		t.Error("Done isn't closed")
	}
	if alive(s.PID()) {
		t.Error("the process is still there")
	}
	if s.Err() != nil {
		t.Errorf("error after Close: %v", s.Err())
	}
	wantEmpty(t, dir)
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			t.Error(err)
		} else if path != dir {
			t.Errorf("left behind: %s", path)
		}
		return nil
	})
}

func TestStartRefuses(t *testing.T) {
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "pulseaudio")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name, path, dir string
		class           capture.Class
		says            string
	}{
		{"long path", "pulseaudio", filepath.Join(shortDir(t), strings.Repeat("x", 100)), capture.ClassUsage, "bytes long"},
		{"other program", "/bin/true", shortDir(t), capture.ClassEnvironment, "not a version"},
		{"failing program", "/bin/false", shortDir(t), capture.ClassEnvironment, "exit status"},
		{"no folder", "pulseaudio", "/nonexistent", capture.ClassEnvironment, "no such file"},
		{"daemon that ends", script(`[ "$1" = --version ] && echo pulseaudio 17.0 && exit
			echo "W: [pulseaudio] main.c: root" >&2; echo "E: [pulseaudio] main.c: no luck" >&2; exit 3`),
			shortDir(t), capture.ClassEnvironment, "exit status 3 (pulseaudio says: main.c: no luck)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Start(t.Context(), Options{Path: test.path, Dir: test.dir, Log: slog.New(slog.DiscardHandler)})
			fault := wantFault(t, err, test.class)
			if fault.Hint == "" || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q, hint %q", err, fault.Hint)
			}
			if _, err := os.Stat(test.dir); err == nil {
				wantEmpty(t, test.dir)
			}
		})
	}
}

func TestSecondServerInTheSameFolder(t *testing.T) {
	dir := shortDir(t)
	s := start(t, dir)
	_, err := Start(t.Context(), Options{Path: "pulseaudio", Dir: dir, Log: slog.New(slog.DiscardHandler)})
	wantFault(t, err, capture.ClassEnvironment)
	if !alive(s.PID()) {
		t.Error("the first daemon is gone")
	}
}

func TestEndOfContextKills(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, Options{Path: "pulseaudio", Dir: shortDir(t), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-s.Done()
	if alive(s.PID()) {
		t.Error("the process is still there")
	}
	closeServer(t, s)
}

func TestParseMajor(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"pulseaudio 16.1\n", 16},
		{"pulseaudio 15.99.1\n", 15},
		{"pulseaudio 9.0-dirty\n", 9},
		{"pipewire 1.0\n", 0},
		{"", 0},
	}
	for _, test := range tests {
		got, err := parseMajor(test.text)
		if got != test.want || (err == nil) != (test.want != 0) {
			t.Errorf("parseMajor(%q) = %d, %v", test.text, got, err)
		}
	}
}

func TestArgsByVersion(t *testing.T) {
	for major, want := range map[int]bool{14: false, 15: true, 17: true} {
		if got := strings.Contains(strings.Join(args(major, "/s"), " "), "norewinds=1"); got != want {
			t.Errorf("version %d: norewinds is %v, want %v", major, got, want)
		}
	}
}
