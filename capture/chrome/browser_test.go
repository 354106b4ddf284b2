//go:build e2e

package chrome

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/capture"
)

func TestLaunch(t *testing.T) {
	b := launch(t, nil)
	if !strings.HasPrefix(b.Version(), "Chrome 1") {
		t.Errorf("version %q", b.Version())
	}
	if n := len(processes(t, b.folders.root)); n < 3 {
		t.Errorf("%d processes; the test looks in the wrong place", n)
	}
	if err := b.Err(); err != nil {
		t.Error(err)
	}
	select {
	case <-b.Done():
		t.Error("done already")
	default:
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
	<-b.Done()
	if err := b.Err(); err != nil {
		t.Errorf("after close: %v", err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// The browser's own temporary files go where it is told, and are gone.
func TestNothingInTheSystemsTemp(t *testing.T) {
	chromes := func() []string {
		var all []string
		for _, pattern := range []string{"/tmp/*hromium*", "/tmp/.*hromium*", "/dev/shm/*hromium*", "/dev/shm/.*hromium*"} {
			found, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, found...)
		}
		return all
	}
	before := chromes()
	b := launch(t, nil)
	sockets, err := filepath.Glob(b.folders.temp + "/*/SingletonSocket")
	if err != nil || len(sockets) != 1 {
		t.Errorf("sockets in the private folder: %q, %v", sockets, err)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, f := range chromes() {
		if !slices.Contains(before, f) {
			t.Errorf("left behind: %s", f)
		}
	}
	if _, err := os.Stat(b.folders.root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("private folder: %v", err)
	}
}

func TestLaunchFails(t *testing.T) {
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "chrome")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	chromium, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path, display string
		size                capture.Size
		class               capture.Class
		want, hint          string
	}{
		{"no program", filepath.Join(t.TempDir(), "none"), "", hd, capture.ClassEnvironment, "no such file", "apt-get"},
		{"no sandbox", script("echo '[1:1:FATAL:x.cc(1)] No usable sandbox! Update your kernel' >&2; exit 1"), "", hd,
			capture.ClassEnvironment, "No usable sandbox", "user namespaces"},
		{"no library", script("echo 'chrome: error while loading shared libraries: libnss3.so' >&2; exit 127"), "", hd,
			capture.ClassEnvironment, "exit status 127", "apt-get"},
		{"no answer", script("exec sleep 60"), "", hd, capture.ClassEnvironment, "did not answer", "doctor"},
		{"no display", chromium, ":4711", hd, capture.ClassEnvironment, "ended at once", "X display"},
		{"no size", chromium, "", capture.Size{}, capture.ClassUsage, "size 0x0", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			if test.name == "no answer" {
				ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
			}
			defer cancel()
			b, err := Launch(ctx, Options{Path: test.path, Dir: dir, Size: test.size, Display: test.display})
			if err == nil {
				b.Close(ctx)
				t.Fatal("started")
			}
			var f *capture.Fault
			if !errors.As(err, &f) || f.Class != test.class {
				t.Fatalf("%T %v", err, err)
			}
			if !strings.Contains(f.Error(), test.want) || !strings.Contains(f.Hint, test.hint) {
				t.Errorf("%v\nhint: %s", f, f.Hint)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestBrowserKilled(t *testing.T) {
	s := serve(t, map[string]string{"/": "<p>room"})
	b := launch(t, nil)
	p := open(t, b, OpenOptions{URL: s.URL})
	cast := make(chan error)
	go func() {
		cast <- p.Screencast(t.Context(), ScreencastOptions{}, func(capture.Frame) {})
	}()
	if err := syscall.Kill(b.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]func() error{
		"browser":    func() error { <-b.Done(); return b.Err() },
		"page":       func() error { <-p.Lost(); return p.Err() },
		"screencast": func() error { return <-cast },
		"alive":      func() error { return p.Alive(t.Context()) },
		"open": func() error {
			_, err := b.Open(t.Context(), OpenOptions{URL: s.URL})
			return err
		},
	} {
		var f *capture.Fault
		if err := err(); !errors.As(err, &f) || f.Class != capture.ClassBrowser || !strings.Contains(f.Error(), "signal: killed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Close, and the look for what is left, follow in the clean-up of launch.
}

func TestBrowserClosedUnderPage(t *testing.T) {
	s := serve(t, map[string]string{"/": `<script>onbeforeunload = e => { e.preventDefault(); return "stay" }</script>`})
	b := launch(t, nil)
	p := open(t, b, OpenOptions{URL: s.URL})
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-p.Lost()
	if err := p.Err(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// noContent answers without a page.
func noContent(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
