//go:build e2e

package e2e

import (
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// TestJoinIsRetried joins a room whose server answers only at the third time:
// what may pass is tried again, and the recording is as good as any. What does
// not pass, such as a 404, is in TestFaultsBeforeRecording.
func TestJoinIsRetried(t *testing.T) {
	t.Parallel()
	var loads atomic.Int32
	room := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		if loads.Add(1) < 3 {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>room</title><link rel=icon href=data:,>"+toned(color.RGBA{40, 80, 160, 255}, 700))
	}))
	t.Cleanup(func() {
		room.CloseClientConnections()
		room.Close()
	})
	r := record(t, room.URL, "--resolution", "480p", "--duration", "3s", "--ready-timeout", "60s")
	r.completes()
	r.said("joining failed, trying again: ", "http status 503 service unavailable")
	r.sound(3 * time.Second)
	if n := loads.Load(); n != 3 {
		t.Errorf("the page was loaded %d times, want 3", n)
	}
}
