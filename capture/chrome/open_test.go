//go:build e2e

package chrome

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beam/capture"
)

// framed is white with a red frame of 3 pixels along the edges of the viewport.
const framed = `<style>body{margin:0;background:#fff}div{position:fixed;inset:0;border:3px solid #f00}</style><div></div>`

func TestSizes(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"/": framed})
	for _, size := range []capture.Size{{Width: 1280, Height: 720}, {Width: 720, Height: 1280}, {Width: 854, Height: 480}} {
		t.Run("headless "+size.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, launch(t, func(o *Options) { o.Size = size }), OpenOptions{URL: s.URL})
			checkGeometry(t, p, size)
			shot, err := p.Screenshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			checkFramed(t, shot, size)
		})
		t.Run("window "+size.String(), func(t *testing.T) {
			t.Parallel()
			screen := display(t, capture.Size{Width: size.Width + 16, Height: size.Height + 16})
			b := launch(t, func(o *Options) { o.Size, o.Display = size, screen })
			p := open(t, b, OpenOptions{URL: s.URL})
			checkGeometry(t, p, size)
			checkFramed(t, grab(t, screen, size), size)
		})
	}
}

func checkGeometry(t *testing.T, p *Page, want capture.Size) {
	t.Helper()
	size, scale, err := p.Geometry(t.Context())
	if err != nil || size != want || scale != 1 {
		t.Errorf("page is %s at %g, %v", size, scale, err)
	}
}

// grab takes a picture of the upper left corner of an X screen, as the
// recording does. A window paints a moment after its page is loaded.
func grab(t *testing.T, screen string, size capture.Size) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "grab.png")
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-loglevel", "error", "-f", "x11grab", "-draw_mouse", "0",
		"-video_size", size.String(), "-framerate", "5", "-i", screen, "-ss", "1", "-frames:v", "1", file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// checkFramed checks that a PNG shows the whole framed page and nothing else.
func checkFramed(t *testing.T, raw []byte, size capture.Size) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, size.Width, size.Height) {
		t.Fatalf("picture is %v", img.Bounds())
	}
	red, white := color.RGBA{255, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
	bad := 0
	for y := range size.Height {
		for x := range size.Width {
			want := white
			if x < 3 || y < 3 || x >= size.Width-3 || y >= size.Height-3 {
				want = red
			}
			if color.RGBAModel.Convert(img.At(x, y)) != want {
				if bad++; bad == 1 {
					t.Errorf("pixel %d,%d is %v, not %v", x, y, img.At(x, y), want)
				}
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d pixels are wrong", bad)
	}
}

func TestWindowOnSmallScreen(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"/": framed})
	screen := display(t, capture.Size{Width: 640, Height: 480})
	b := launch(t, func(o *Options) { o.Display = screen })
	_, err := b.Open(t.Context(), OpenOptions{URL: s.URL})
	var f *capture.Fault
	if !errors.As(err, &f) || f.Class != capture.ClassEnvironment || !strings.Contains(f.Hint, "16 pixels") {
		t.Errorf("%v", err)
	}
}

func TestOpenFails(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/no-content", noContent)
	mux.HandleFunc("/404", http.NotFound)
	mux.HandleFunc("/empty-404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	mux.HandleFunc("/503", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) })
	mux.HandleFunc("/403", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/404", http.StatusFound) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment; filename=x.bin")
		w.Write([]byte("data"))
	})
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!doctype html><p>half"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/good", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<p>good")) })
	plain := httptest.NewServer(mux)
	defer plain.Close()
	secure := httptest.NewTLSServer(mux)
	defer secure.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + free.Addr().String()
	free.Close()

	b := launch(t, nil)
	for _, test := range []struct{ name, url, want, hint string }{
		{"404", plain.URL + "/404?token=hunter2", "http status 404 not found", "address"},
		{"404 without a body", plain.URL + "/empty-404", "http status 404", "address"},
		{"redirect to 404", plain.URL + "/moved", "http status 404", "address"},
		{"403", plain.URL + "/403", "http status 403", "token"},
		{"503", plain.URL + "/503", "http status 503", "try again"},
		{"redirects", plain.URL + "/loop", "redirects without end", ""},
		{"host", "http://no-such-host.invalid/", "ERR_NAME_NOT_RESOLVED", "DNS"},
		{"refused", refused, "ERR_CONNECTION_REFUSED", "port"},
		{"certificate", secure.URL + "/good", "ERR_CERT_AUTHORITY_INVALID", "certificate"},
		{"TLS", strings.Replace(plain.URL, "http:", "https:", 1), "ERR_SSL_PROTOCOL_ERROR", "TLS"},
		{"cut", plain.URL + "/cut", "ERR_EMPTY_RESPONSE", ""},
		{"download", plain.URL + "/file", "download", ""},
		{"no content", plain.URL + "/no-content", "ERR_ABORTED", ""},
		{"silent", plain.URL + "/silent", "did not load within", "answers"},
		{"half", plain.URL + "/half", "did not load within", "answers"},
		{"no address", "room", "invalid url", "whole address"},
		{"scheme", "rooms://x", "", ""},
		{"port", "http://127.0.0.1:6000", "ERR_UNSAFE_PORT", "port"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := OpenOptions{URL: test.url}
			if strings.Contains(test.want, "within") {
				o.Timeout = 500 * time.Millisecond
			}
			_, err := b.Open(t.Context(), o)
			var f *capture.Fault
			if !errors.As(err, &f) {
				t.Fatalf("%T %v", err, err)
			}
			if f.Class != capture.ClassRoom || !strings.Contains(f.Error(), test.want) || !strings.Contains(f.Hint, test.hint) || f.Hint == "" {
				t.Errorf("class %s: %v\nhint: %s", f.Class, f, f.Hint)
			}
			if strings.Contains(f.Error(), "hunter2") {
				t.Errorf("shows the token: %v", f)
			}
		})
	}
	// The tab is none the worse for all this.
	p := open(t, b, OpenOptions{URL: plain.URL + "/good"})
	checkGeometry(t, p, hd)
	if left, _ := filepath.Glob(b.folders.home + "/*/x.bin*"); len(left) > 0 {
		t.Errorf("downloaded %q", left)
	}
}

func testOpenCanceled(t *testing.T, b *Browser) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Open(ctx, OpenOptions{URL: "http://127.0.0.1:1/"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// collect gathers strings from callbacks.
type collect struct {
	mu   sync.Mutex
	got  []string
	wake chan struct{}
}

func newCollect() *collect { return &collect{wake: make(chan struct{}, 100)} }

func (c *collect) add(s string) {
	c.mu.Lock()
	c.got = append(c.got, s)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // it is awake
	}
}

// has tells whether a string with this in it was gathered.
func (c *collect) has(part string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.got, func(s string) bool { return strings.Contains(s, part) })
}

// wait waits until a string was gathered.
func (c *collect) wait(t *testing.T, want string) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		c.mu.Lock()
		got := slices.Clone(c.got)
		c.mu.Unlock()
		if slices.Contains(got, want) {
			return
		}
		select {
		case <-c.wake:
		case <-limit:
			t.Fatalf("no %q in %q", want, got)
		}
	}
}

func testMessages(t *testing.T, b *Browser) {
	s := serve(t, map[string]string{
		"/": `<script>__beamSend("page saw " + window.early + (window.early === 1 ? "" : " too late"));
			console.log("START", 7, {a: 1}); console.error("oh"); setTimeout(() => { throw new Error("bang") })</script>
			<iframe id=f></iframe><script>f.src = location.href.replace("127.0.0.1", "localhost") + "frame"</script>`,
		"/frame": `<script>__beamSend("frame saw " + window.early)</script>`,
	})
	messages, console := newCollect(), newCollect()
	p := open(t, b, OpenOptions{
		URL: s.URL + "/", Script: `window.early = 1; __beamSend("script")`,
		OnMessage: messages.add,
		OnConsole: func(level, text string) { console.add(level + ": " + text) },
	})
	messages.wait(t, "page saw 1")
	messages.wait(t, "frame saw 1") // a frame of another site
	console.wait(t, "log: START 7 Object")
	console.wait(t, "error: oh")
	messages.mu.Lock()
	first := messages.got[0]
	messages.mu.Unlock()
	if first != "script" {
		t.Errorf("first message is %q", first)
	}

	got, err := p.Evaluate(t.Context(), `Promise.resolve({a: [1, "two"]})`)
	if err != nil || string(got) != `{"a":[1,"two"]}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := p.Evaluate(t.Context(), "undefined"); err != nil || string(got) != "null" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := p.Evaluate(t.Context(), "nothing.there"); err == nil || !strings.Contains(err.Error(), "ReferenceError") {
		t.Errorf("%v", err)
	}
	if got, err := p.Evaluate(t.Context(), "navigator.userAgent + JSON.stringify(navigator.userAgentData.brands)"); err != nil ||
		strings.Contains(string(got), "Headless") || !strings.Contains(string(got), `brand\":\"Chromium`) {
		t.Errorf("user agent %s, %v", got, err)
	}
	p.Close(t.Context())

	// Nothing of it is there for the next page.
	p = open(t, b, OpenOptions{URL: s.URL + "/frame", OnConsole: func(_, text string) { console.add("second: " + text) }})
	got, err = p.Evaluate(t.Context(), "String(window.early)")
	if err != nil || string(got) != `"undefined"` {
		t.Errorf("%s, %v", got, err)
	}
}
