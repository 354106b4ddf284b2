//go:build e2e

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/inspect/testpattern"
)

// openBrowser returns a headless browser that is closed with the test. It plays
// sound into nothing.
func openBrowser(t *testing.T, width, height int) *chrome.Browser {
	t.Helper()
	path := must(chrome.Find(""))
	dir := t.TempDir()
	b, err := chrome.Launch(t.Context(), chrome.Options{Path: path, Dir: dir, Size: capture.Size{Width: width, Height: height}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return b
}

// open opens a page, which must not complain in its console.
func open(t *testing.T, b *chrome.Browser, url string) *chrome.Page {
	t.Helper()
	p, err := b.Open(t.Context(), chrome.OpenOptions{URL: url, OnConsole: func(level, text string) {
		if level == "error" || level == "exception" {
			t.Errorf("%s: console: %s: %s", url, level, text)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func evaluate[T any](t *testing.T, p *chrome.Page, js string) T {
	t.Helper()
	data, err := p.Evaluate(t.Context(), js)
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return v
}

// shot returns what the page shows. With DEMO_SHOTS set it also keeps it there.
func shot(t *testing.T, page *chrome.Page, name string) *testpattern.RGB {
	t.Helper()
	data, err := page.Screenshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("DEMO_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	img := must(png.Decode(bytes.NewReader(data)))
	b := img.Bounds()
	flat := image.NewRGBA(b)
	draw.Draw(flat, b, img, b.Min, draw.Src)
	return opaque(flat)
}

// opaque leaves out how transparent the pixels are. It shares nothing: the race
// detector would only make it slow.
//
//go:norace
func opaque(img *image.RGBA) *testpattern.RGB {
	pix := make([]byte, 0, 3*img.Rect.Dx()*img.Rect.Dy())
	for i := 0; i < len(img.Pix); i += 4 {
		pix = append(pix, img.Pix[i], img.Pix[i+1], img.Pix[i+2])
	}
	return testpattern.NewRGB(pix, img.Rect.Dx(), img.Rect.Dy())
}

// smaller takes one pixel of each n by n.
//
//go:norace
func smaller(p *testpattern.RGB, n int) *testpattern.RGB {
	w, h := p.Rect.Dx()/n, p.Rect.Dy()/n
	pix := make([]byte, 0, 3*w*h)
	for y := range h {
		for x := range w {
			i := n*y*p.Stride + 3*n*x
			pix = append(pix, p.Pix[i:i+3]...)
		}
	}
	return testpattern.NewRGB(pix, w, h)
}

// screenID stands for the shared screen among the people.
const screenID = "screen"

// seen returns whose colour fills an area of at least a fiftieth of the
// picture, and where.
func seen(p *testpattern.RGB) map[string]image.Rectangle {
	found := map[string]image.Rectangle{}
	look := func(id string, c color.RGBA) {
		r := testpattern.FindColour(p, c, 20)
		if r.Dx()*r.Dy() > p.Rect.Dx()*p.Rect.Dy()/50 {
			found[id] = r
		}
	}
	for _, who := range Participants() {
		look(who.ID, who.Color)
	}
	look(screenID, ScreenColor())
	return found
}

func ids(found map[string]image.Rectangle) []string {
	var all []string
	for id := range found {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

// The room in a browser, landscape and portrait at once: everybody is seen at
// the right time, with a strip that can be read.
func TestRoomPage(t *testing.T) {
	t.Parallel() // it mostly waits for the script
	s := startServer(t)
	landscape, portrait := openBrowser(t, 1280, 720), openBrowser(t, 720, 1280)
	views := map[string]*chrome.Page{
		"landscape": open(t, landscape, s.URL()),
		"portrait":  open(t, portrait, s.URL()+"?picture=busy&name=Beam&role=recorder"),
	}
	// Each look is one screenshot: by the next the script may have gone on.
	wait := func(stage string, want []string, right func(name string, p *testpattern.RGB, found map[string]image.Rectangle) error) {
		t.Helper()
		for name, page := range views {
			var wrong error
			t.Cleanup(func() {
				if t.Failed() && wrong != nil {
					t.Logf("%s: %s: %v", name, stage, wrong)
				}
			})
			eventually(t, missed, name+": "+stage, func() bool {
				p := shot(t, page, name+"-"+stage)
				found := seen(p)
				if !slices.Equal(ids(found), want) {
					return false
				}
				wrong = right(name, p, found)
				return wrong == nil
			})
		}
	}
	anything := func(string, *testpattern.RGB, map[string]image.Rectangle) error { return nil }
	everybody := []string{"ana", "ben", "chloe", "dev"}
	wait("three", everybody[:3], anything)
	wait("four", everybody, func(_ string, p *testpattern.RGB, found map[string]image.Rectangle) error {
		for id, r := range found {
			// The tile is 16:9, of which the ground fills all but the strip.
			tile := image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+r.Dx()*9/16)
			if _, err := testpattern.ReadStrip(gray(p), testpattern.ClipRect(tile), testpattern.Picture); err != nil {
				return fmt.Errorf("strip of %s in %v: %w", id, tile, err)
			}
		}
		return nil
	})
	type person struct {
		ID, Name, Role string
	}
	var want []person
	for _, p := range Participants() {
		want = append(want, person{p.ID, p.Name, p.Role})
	}
	for name, page := range views {
		eventually(t, missed, name+": all are in the list, and their videos play with sound", func() bool {
			all := evaluate[[]person](t, page, `window.__demoRoom.participants().map(({ id, name, role }) => ({ ID: id, Name: name, Role: role }))`)
			n := evaluate[int](t, page, `[...document.querySelectorAll('video')].filter((v) => !v.muted && !v.paused && v.srcObject.getAudioTracks().length === 1).length`)
			return slices.Equal(all, want) && n == len(want)
		})
	}
	wait("screen", append(slices.Clone(everybody), screenID), func(_ string, _ *testpattern.RGB, found map[string]image.Rectangle) error {
		if a, b := found[screenID], found["ana"]; a.Dx() < 2*b.Dx() {
			return fmt.Errorf("the screen is %v, a person %v", a, b)
		}
		return nil
	})
	wait("after", everybody, anything)
	s.EndRoom()
	for name, page := range views {
		eventually(t, soon, name+": the end", func() bool {
			return evaluate[bool](t, page, `window.__demoRoom.phase() === 'ended' && document.getElementById('notice').innerText.includes('ended')`)
		})
		if found := seen(shot(t, page, name+"-ended")); len(found) > 0 {
			t.Errorf("%s: after the end there is %v", name, ids(found))
		}
	}
}

// The big sizes, once everybody is there, one after the other: they are work for
// the browser.
func TestRoomPageBig(t *testing.T) {
	s := startServer(t)
	everybody := []string{"ana", "ben", "chloe", "dev"}
	for _, size := range []image.Point{{1920, 1080}, {1080, 1920}} {
		t.Run(size.String(), func(t *testing.T) {
			page := open(t, openBrowser(t, size.X, size.Y), s.URL())
			const part = 3 // of the pixels, in each direction
			eventually(t, missed, "everybody", func() bool {
				found := seen(smaller(shot(t, page, size.String()), part))
				covered := 0
				for _, r := range found {
					covered += r.Dx() * r.Dy()
				}
				return slices.Equal(ids(found), everybody) && covered > size.X*size.Y/(part*part)/2
			})
		})
	}
}

func TestLipSyncPage(t *testing.T) {
	s := startServer(t)
	page := open(t, openBrowser(t, 800, 600), s.LipSyncURL())
	var numbers []uint32
	eventually(t, soon, "the strip of the clapper moves", func() bool {
		g := gray(shot(t, page, "lipsync"))
		n, err := testpattern.ReadStrip(g, testpattern.ClipRect(testpattern.Contain(g.Rect, clipWidth, clipHeight)), testpattern.Picture)
		if err == nil && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
		return len(numbers) > 3
	})
}

func TestTimingPage(t *testing.T) {
	s := startServer(t)
	// 1000 is no multiple of the 44 cells.
	browser := openBrowser(t, 1000, 700)
	page := open(t, browser, s.TimingURL()+"?videos=4&fps=20")
	var last uint32
	seen := 0
	eventually(t, soon, "the clock goes on", func() bool {
		value, err := testpattern.ReadClock(gray(shot(t, page, "timing")))
		if err != nil {
			t.Fatalf("the clock can't be read: %v", err)
		}
		if value < last {
			t.Fatalf("the clock went from %d to %d ms", last, value)
		}
		if value > last {
			seen++
		}
		last = value
		return seen > 5
	})
	eventually(t, soon, "four videos play", func() bool {
		return evaluate[int](t, page, `[...document.querySelectorAll('video')].filter((v) => v.currentTime > 0.5).length`) == 4
	})
	page.Close(t.Context())
	page = open(t, browser, s.TimingURL()+"?static=1&silent=1")
	eventually(t, soon, "the still clock", func() bool {
		_, err := testpattern.ReadClock(gray(shot(t, page, "timing-static")))
		return err == nil
	})
	before := shot(t, page, "timing-static")
	time.Sleep(300 * time.Millisecond)
	if !bytes.Equal(before.Pix, shot(t, page, "timing-static").Pix) {
		t.Error("the static page moves")
	}
}
