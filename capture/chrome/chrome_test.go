//go:build e2e

package chrome

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/capture"
)

// serve serves pages by path.
func serve(t *testing.T, pages map[string]string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html>"+body)
	}))
	t.Cleanup(s.Close)
	return s
}

// launch starts a headless browser that is closed with the test.
func launch(t *testing.T, change func(*Options)) *Browser {
	t.Helper()
	path, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "bc")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Path: path, Dir: dir, Size: hd, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := Launch(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		if left := processes(t, dir); len(left) > 0 {
			t.Errorf("processes left behind: %q", left)
		}
		// Remove fails if anything was left in it.
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return b
}

// open opens a page that is closed with the test.
func open(t *testing.T, b *Browser, o OpenOptions) *Page {
	t.Helper()
	p, err := b.Open(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return p
}

// within returns a context for something that should take no time. Its limit ends
// what hangs, on the busiest machine.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// processes returns the living processes that were started with the path of a
// folder in their arguments or their environment.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, proc := range all {
		// Those of a zombie are empty.
		args, _ := os.ReadFile(proc + "/cmdline")
		env, _ := os.ReadFile(proc + "/environ")
		if strings.Contains(string(args)+string(env), dir) {
			found = append(found, proc+": "+strings.ReplaceAll(string(args), "\x00", " "))
		}
	}
	return found
}

// display starts a private X server of one size and returns its name.
func display(t *testing.T, size capture.Size) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", size.String()+"x24", "-nolisten", "tcp")
	cmd.ExtraFiles = []*os.File{w}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var n int
	if _, err := fmt.Fscan(r, &n); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(":%d", n)
}

// quietLog keeps what a server says about its connections out of the tests'
// output unless they fail.
func quietLog(t *testing.T) *log.Logger { return log.New(t.Output(), "", 0) }
