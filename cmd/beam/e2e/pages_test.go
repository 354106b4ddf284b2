//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"image/color"
	"log"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// site serves one page at /, and what a page may want beside it: /go answers
// once the test lets it, /hang never does, and /shown is how the page tells that
// it has come so far.
type site struct {
	*httptest.Server
	Loads   atomic.Int32 // of the page
	Shown   atomic.Int32 // times that the page asked for /shown
	release func()
}

// serve serves the page that each load gets.
func serve(t *testing.T, page func(load int) string) *site {
	t.Helper()
	gate := make(chan struct{})
	s := &site{release: sync.OnceFunc(func() { close(gate) })}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>page</title><link rel=icon href=data:,>%s", page(int(s.Loads.Add(1))))
	})
	mux.HandleFunc("GET /go", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("GET /shown", func(http.ResponseWriter, *http.Request) { s.Shown.Add(1) })
	mux.HandleFunc("GET /hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s.Server = httptest.NewUnstartedServer(mux)
	s.Config.ErrorLog = log.New(discard{}, "", 0)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// open serves a page and returns its site, over HTTP.
func open(t *testing.T, page string) *site {
	t.Helper()
	s := serve(t, func(int) string { return page })
	s.Start()
	return s
}

// toned is a page of one colour with a steady tone of hz. A small square that
// changes in every animation frame keeps it alive.
func toned(c color.RGBA, hz int) string {
	return ground(c) + tone(hz) + `<div id=m style="position:fixed;left:50%;top:50%;width:16px;height:16px"></div><script>
let n = 0;
(function step() { m.style.background = n++ % 2 ? '#fff' : '#000'; requestAnimationFrame(step); })();
</script>`
}

// ground is a page of one colour.
func ground(c color.RGBA) string {
	return fmt.Sprintf(`<style>html { background: rgb(%d %d %d) }</style><body>`, c.R, c.G, c.B)
}

// toneLevelDBFS is the level of the tone, of an amplitude of 0.3 in both
// channels, where ffmpeg mixes them to one: 3 dB above that of each.
const toneLevelDBFS = -7.45

func tone(hz int) string {
	return fmt.Sprintf(`<script>{
const audio = new AudioContext({ latencyHint: 'playback' });
const oscillator = new OscillatorNode(audio, { frequency: %d });
oscillator.connect(new GainNode(audio, { gain: 0.3 })).connect(audio.destination);
oscillator.start();
}</script>`, hz)
}

// gated is a page that runs script when the test releases it.
func gated(script string) string {
	return toned(color.RGBA{40, 80, 160, 255}, 700) + `<script>fetch('/go').then(() => { ` + script + ` })</script>`
}

// demoRoom is a running beam demo, shared by the tests.
type demoRoom struct{ room, timing, lipSync string }

var startDemo = sync.OnceValues(func() (demoRoom, error) {
	path, err := program()
	if err != nil {
		return demoRoom{}, err
	}
	cmd := exec.Command(path, "demo")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return demoRoom{}, err
	}
	// Pdeathsig counts from the end of the thread that starts the process, so
	// that thread stays until the process has been told to end.
	started, over := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		started <- cmd.Start()
		<-over
	}()
	if err := <-started; err != nil {
		close(over)
		return demoRoom{}, err
	}
	atEnd(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		defer close(over)
		if err := cmd.Wait(); err != nil {
			panic(fmt.Sprintf("beam demo did not end in order: %v", err))
		}
	})
	var d demoRoom
	lines := bufio.NewScanner(out)
	for _, into := range []*string{&d.room, &d.timing, &d.lipSync} {
		if !lines.Scan() {
			return d, fmt.Errorf("beam demo printed no address: %w", lines.Err())
		}
		_, url, ok := strings.Cut(lines.Text(), ": ")
		if !ok {
			return d, fmt.Errorf("beam demo printed %q", lines.Text())
		}
		*into = strings.TrimSpace(url)
	}
	return d, nil
})

func demoPages(t *testing.T) demoRoom {
	t.Helper()
	d, err := startDemo()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
