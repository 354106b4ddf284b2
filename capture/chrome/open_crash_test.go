//go:build e2e

package chrome

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOpenCrash kills the renderers while a page is being opened, of which only
// the beginning has come: Open returns although it has all the time in the world.
func TestOpenCrash(t *testing.T) {
	begun, leave := make(chan struct{}), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/begun" {
			close(begun)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><img src=/begun><p>and then`))
		_ = http.NewResponseController(w).Flush()
		<-leave
	}))
	defer s.Close()
	defer close(leave)
	b := launch(t, nil)
	failed := make(chan error)
	go func() {
		_, err := b.Open(t.Context(), OpenOptions{URL: s.URL, Timeout: time.Hour})
		failed <- err
	}()
	<-begun
	killRenderers(t, b)
	if err := <-failed; !errors.Is(err, ErrPageCrashed) {
		t.Errorf("open: %v", err)
	}
}

func killRenderers(t *testing.T, b *Browser) {
	t.Helper()
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		command, _ := os.ReadFile(path) // it may have ended
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		if group, err := unix.Getpgid(pid); err != nil || group != b.PID() || !bytes.Contains(command, []byte("--type=renderer")) {
			continue
		}
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}
