package demo

import (
	"bytes"
	"context"
	"encoding/json"
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
	"beam/capture/marks"
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
func shot(t *testing.T, page *chrome.Page, name string) *marks.RGB {
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
	// Whole pictures at once: pixel by pixel takes seconds under the race
	// detector.
	flat := image.NewRGBA(b)
	draw.Draw(flat, b, img, b.Min, draw.Src)
	pix := make([]byte, 0, 3*b.Dx()*b.Dy())
	for i := 0; i < len(flat.Pix); i += 4 {
		pix = append(pix, flat.Pix[i], flat.Pix[i+1], flat.Pix[i+2])
	}
	return marks.NewRGB(pix, b.Dx(), b.Dy())
}

// screenID stands for the shared screen among the people.
const screenID = "screen"

// seen returns whose colour fills an area of at least a fiftieth of the
// picture, and where.
func seen(p *marks.RGB) map[string]image.Rectangle {
	found := map[string]image.Rectangle{}
	look := func(id string, c color.RGBA) {
		r := marks.FindColour(p, c, 20)
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
	wait := func(stage string, want ...string) {
		for name, page := range views {
			var found map[string]image.Rectangle
			eventually(t, missed, name+": "+stage, func() bool {
				found = seen(shot(t, page, name+"-"+stage))
				return slices.Equal(ids(found), want)
			})
		}
	}
	wait("three", "ana", "ben", "chloe")
	wait("four", "ana", "ben", "chloe", "dev")
	for name, page := range views {
		p := shot(t, page, name+"-strips")
		for id, r := range seen(p) {
			if id == screenID {
				continue
			}
			// The tile is 16:9, of which the ground fills all but the strip.
			tile := image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+r.Dx()*9/16)
			if _, err := marks.ReadStrip(gray(p), marks.ClipRect(tile), marks.Picture); err != nil {
				t.Errorf("%s: strip of %s in %v: %v", name, id, tile, err)
			}
		}
		type person struct {
			ID, Name, Role string
		}
		all := evaluate[[]person](t, page, `window.__demoRoom.participants().map(({ id, name, role }) => ({ ID: id, Name: name, Role: role }))`)
		for i, p := range Participants() {
			if i >= len(all) || all[i] != (person{p.ID, p.Name, p.Role}) {
				t.Errorf("%s: participants %+v", name, all)
				break
			}
		}
		if n := evaluate[int](t, page, `[...document.querySelectorAll('video')].filter((v) => !v.muted && !v.paused && v.srcObject.getAudioTracks().length === 1).length`); n != 4 {
			t.Errorf("%s: %d videos play with sound", name, n)
		}
	}
	wait("screen", "ana", "ben", "chloe", "dev", screenID)
	for name, page := range views {
		p := shot(t, page, name+"-stage")
		found := seen(p)
		if a, b := found[screenID], found["ana"]; a.Dx() < 2*b.Dx() {
			t.Errorf("%s: the screen is %v, a person %v", name, a, b)
		}
	}
	wait("after", "ana", "ben", "chloe", "dev")
	s.EndRoom()
	for name, page := range views {
		eventually(t, 5*time.Second, name+": the end", func() bool {
			return evaluate[bool](t, page, `window.__demoRoom.phase() === 'ended' && document.getElementById('notice').innerText.includes('ended')`)
		})
		if found := seen(shot(t, page, name+"-ended")); len(found) > 0 {
			t.Errorf("%s: after the end there is %v", name, ids(found))
		}
	}
}

// The big sizes, once everybody is there.
func TestRoomPageBig(t *testing.T) {
	s := startServer(t)
	everybody := []string{"ana", "ben", "chloe", "dev"}
	pages := map[image.Point]*chrome.Page{}
	for _, size := range []image.Point{{1920, 1080}, {1080, 1920}} {
		pages[size] = open(t, openBrowser(t, size.X, size.Y), s.URL())
	}
	for size, page := range pages {
		eventually(t, missed, size.String(), func() bool {
			found := seen(shot(t, page, size.String()))
			covered := 0
			for _, r := range found {
				covered += r.Dx() * r.Dy()
			}
			return slices.Equal(ids(found), everybody) && covered > size.X*size.Y/2
		})
	}
}

func TestLipSyncPage(t *testing.T) {
	s := startServer(t)
	page := open(t, openBrowser(t, 800, 600), s.LipSyncURL())
	var numbers []uint32
	eventually(t, 15*time.Second, "the strip of the clapper moves", func() bool {
		g := gray(shot(t, page, "lipsync"))
		n, err := marks.ReadStrip(g, marks.ClipRect(marks.Contain(g.Rect, clipWidth, clipHeight)), marks.Picture)
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
	eventually(t, 15*time.Second, "the clock goes on", func() bool {
		value, err := marks.ReadClock(gray(shot(t, page, "timing")))
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
	eventually(t, 10*time.Second, "four videos play", func() bool {
		return evaluate[int](t, page, `[...document.querySelectorAll('video')].filter((v) => v.currentTime > 0.5).length`) == 4
	})
	page.Close(t.Context())
	page = open(t, browser, s.TimingURL()+"?static=1&silent=1")
	eventually(t, 10*time.Second, "the still clock", func() bool {
		_, err := marks.ReadClock(gray(shot(t, page, "timing-static")))
		return err == nil
	})
	before := shot(t, page, "timing-static")
	time.Sleep(300 * time.Millisecond)
	if !bytes.Equal(before.Pix, shot(t, page, "timing-static").Pix) {
		t.Error("the static page moves")
	}
}
