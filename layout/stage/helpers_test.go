//go:build e2e

package stage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/chrome"
	"beam/layout/stage"
	"beam/layout/stage/stagetest"
)

// The sizes that everything has to look right at.
var sizes = []capture.Size{{Width: 1920, Height: 1080}, {Width: 1280, Height: 720}, {Width: 1080, Height: 1920}, {Width: 720, Height: 1280}}

var hd = sizes[1]

// browsers are shared by the tests, one of each size: a start takes seconds.
var browsers struct {
	mu    sync.Mutex
	dir   string
	byKey map[capture.Size]*chrome.Browser
}

func browser(t *testing.T, size capture.Size) *chrome.Browser {
	t.Helper()
	browsers.mu.Lock()
	defer browsers.mu.Unlock()
	if b := browsers.byKey[size]; b != nil {
		return b
	}
	path, err := chrome.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(browsers.dir, size.String())
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b, err := chrome.Launch(t.Context(), chrome.Options{Path: path, Dir: dir, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	browsers.byKey[size] = b
	return b
}

// closeBrowsers ends what browser started.
func closeBrowsers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, b := range browsers.byKey {
		if err := b.Close(ctx); err != nil {
			return err
		}
	}
	return os.RemoveAll(browsers.dir)
}

// message is what a page tells Beam.
type message struct {
	Type   string
	Text   string
	Layout string
	ID     string
	Name   string
	On     bool
	People []struct {
		ID, Name, Role                    string
		Shown, Camera, Microphone, Screen bool
	}
	Chat json.RawMessage
}

// view is an open page.
type view struct {
	t    *testing.T
	page *chrome.Page
	size capture.Size

	mu       sync.Mutex
	messages []message
}

// open opens a page with the script for some facts.
func open(t *testing.T, size capture.Size, url string, facts stage.Facts, platform string) *view {
	t.Helper()
	return openWith(t, size, url, scriptOf(t, size, facts, platform))
}

// scriptOf returns the script for some facts, a grid where they have no layout.
func scriptOf(t *testing.T, size capture.Size, facts stage.Facts, platform string) string {
	t.Helper()
	facts.Width, facts.Height = size.Width, size.Height
	facts.Orientation = "landscape"
	if size.Height > size.Width {
		facts.Orientation = "portrait"
	}
	if facts.Layout == "" {
		facts.Layout = stage.Grid
	}
	script, err := stage.Script(facts, platform)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

// openPatient is open with a stage that waits as long as need be for a picture,
// where it otherwise gives it a place without one after a second: on a busy
// machine each picture comes later than that.
func openPatient(t *testing.T, size capture.Size, url string, facts stage.Facts, platform string) *view {
	t.Helper()
	script := scriptOf(t, size, facts, platform)
	const limit = "const PICTURE_LATE = 1000;"
	if !strings.Contains(script, limit) {
		t.Fatalf("the script has no %s", limit)
	}
	return openWith(t, size, url, strings.Replace(script, limit, "const PICTURE_LATE = 60000;", 1))
}

// openWith opens a page with a script, or none.
func openWith(t *testing.T, size capture.Size, url, script string) *view {
	t.Helper()
	v := &view{t: t, size: size}
	var err error
	v.page, err = browser(t, size).Open(t.Context(), chrome.OpenOptions{
		URL: url, Script: script,
		OnMessage: func(payload string) {
			var m message
			if err := json.Unmarshal([]byte(payload), &m); err != nil {
				t.Errorf("message %q: %v", payload, err)
			}
			v.mu.Lock()
			defer v.mu.Unlock()
			v.messages = append(v.messages, m)
		},
		OnConsole: func(level, text string) {
			if level == "error" || level == "exception" {
				t.Errorf("console: %s: %s", level, text)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.close)
	return v
}

// close leaves the page; a browser has one at a time.
func (v *view) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	v.page.Close(ctx)
}

// room serves the plain room.
func room(t *testing.T) string {
	t.Helper()
	s := stagetest.Serve()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// serve serves one page.
func serve(t *testing.T, html string) string {
	t.Helper()
	s := httptest.NewServer(page(html))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// told returns the messages of a type so far.
func (v *view) told(kind string) []message {
	v.mu.Lock()
	defer v.mu.Unlock()
	var found []message
	for _, m := range v.messages {
		if m.Type == kind {
			found = append(found, m)
		}
	}
	return found
}

// run evaluates an expression.
func (v *view) run(expr string) json.RawMessage {
	v.t.Helper()
	data, err := v.page.Evaluate(v.t.Context(), expr)
	if err != nil {
		v.t.Fatalf("%.200s: %v", expr, err)
	}
	return data
}

// eval evaluates an expression and reads its value.
func eval[T any](v *view, expr string) T {
	v.t.Helper()
	var value T
	if err := json.Unmarshal(v.run(expr), &value); err != nil {
		v.t.Fatalf("%.200s: %v", expr, err)
	}
	return value
}

// eventually waits until check is true. The machine may be slow: the limit is
// there for what never comes.
func (v *view) eventually(what string, check func() bool) {
	v.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !check() {
		if time.Now().After(deadline) {
			if dir := os.Getenv("STAGE_SHOTS"); dir != "" {
				v.shot("failed")
			}
			v.t.Fatalf("%s: not within a minute", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// shot returns what the page shows. With STAGE_SHOTS set it is kept there.
func (v *view) shot(name string) *image.RGBA {
	v.t.Helper()
	data, err := v.page.Screenshot(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	if dir := os.Getenv("STAGE_SHOTS"); dir != "" {
		file := fmt.Sprintf("%s-%s-%s.png", filepath.Base(v.t.Name()), name, v.size)
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
			v.t.Fatal(err)
		}
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		v.t.Fatal(err)
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Rect, img, flat.Rect.Min, draw.Src)
	return flat
}

// tolerance is how far a colour may be off after the encoder.
const tolerance = 22

func near(a, b uint8) bool { return max(a, b)-min(a, b) <= tolerance }

// What looks at the pixels of one picture shares nothing: the race detector would only
// make it slow, and leaves it out.

// colours returns whose colours an image shows, of n people, and where, by
// looking at each third pixel both ways; "screen" stands for the shared screen.
//
//go:norace
func colours(img *image.RGBA, n int) map[string]image.Rectangle {
	const step = 3
	wanted := map[string]color.RGBA{"screen": stagetest.ScreenColor()}
	for _, who := range stagetest.People(n) {
		wanted[who.ID] = who.Color
	}
	found := map[string]image.Rectangle{}
	last := "" // neighbours are mostly of one colour
	for y := 0; y < img.Rect.Dy(); y += step {
		for x := 0; x < img.Rect.Dx(); x += step {
			at := img.PixOffset(x, y)
			r, g, b := img.Pix[at], img.Pix[at+1], img.Pix[at+2]
			is := func(c color.RGBA) bool { return near(r, c.R) && near(g, c.G) && near(b, c.B) }
			if r < 40 && g < 40 && b < 40 {
				continue // ground
			}
			if last == "" || !is(wanted[last]) {
				last = ""
				for id, c := range wanted {
					if is(c) {
						last = id
					}
				}
			}
			if last != "" {
				found[last] = found[last].Union(image.Rect(x, y, x+step, y+step))
			}
		}
	}
	for id, r := range found {
		// What is small is where two others blend.
		if r.Dx() < 40 || r.Dy() < 24 {
			delete(found, id)
		}
	}
	return found
}
