//go:build e2e

package chrome

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"beam/capture"
)

// documents gathers what OnDocument tells.
type documents struct {
	mu  sync.Mutex
	got []Document
}

func (d *documents) add(doc Document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, doc)
}

// wait waits for a document.
func (d *documents) wait(t *testing.T, what string, ok func(Document) bool) Document {
	t.Helper()
	var found Document
	waitFor(t, what, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, doc := range d.got {
			if ok(doc) {
				found = doc
				return true
			}
		}
		return false
	})
	return found
}

var green = color.RGBA{0, 0x80, 0, 255}

const room = `<title>room</title><body style="margin:0;background:#008000">room<script>__beamSend("room " + window.early)</script><style>body { color: #008000 }</style>`

var followPages = map[string]string{
	"/link":   `<a id=join target=_blank href=/room>Join</a>`,
	"/open":   `<button id=join onclick="window.open('/room', 'room')">Join</button>`,
	"/small":  `<button id=join onclick="window.open('/room', 'room', 'width=300,height=200,popup')">Join</button>`,
	"/later":  `<button id=join onclick="const w = window.open('about:blank'); setTimeout(() => { w.location = '/room'; }, 700)">Join</button>`,
	"/write":  `<button id=join onclick="const w = window.open('about:blank'); w.document.write('<body style=\'margin:0;background:#008000\'><p></p>'); w.document.close()">Join</button>`,
	"/leaves": `<button id=join onclick="window.open('/room'); setTimeout(() => window.close(), 500)">Join</button>`,
	"/login":  `<body style="margin:0;background:#008080"><button id=join onclick="window.open('/done', 'login', 'width=300,height=200'); this.remove()">Join</button>`,
	"/done":   `<body>logged in<script>setTimeout(() => close(), 1500)</script>`,
	"/room":   room,
}

// A room that opens in a new tab is what is recorded.
func TestFollowsTabs(t *testing.T) {
	t.Parallel()
	s := serve(t, followPages)
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, o := range map[string]func(*Options){"headless": nil, "window": func(o *Options) { o.Display = screen }} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			b := launch(t, o)
			for _, path := range []string{"/link", "/open", "/small", "/later", "/leaves"} {
				t.Run(path, func(t *testing.T) {
					p := testFollow(t, b, s.URL+path)
					if engine == "window" {
						checkColour(t, grab(t, screen, hd), green)
					}
					if path == "/leaves" { // which closes itself in a moment
						waitFor(t, "the room's tab alone", func() bool { return pages(t, b) == 1 })
					}
					p.Close(within(t))
					waitFor(t, "one tab", func() bool { return pages(t, b) == 1 })
				})
			}
		})
	}
}

func testFollow(t *testing.T, b *Browser, url string) *Page {
	t.Helper()
	var docs documents
	messages := newCollect()
	p := open(t, b, OpenOptions{URL: url, Script: "window.early = 1", OnMessage: messages.add, OnDocument: docs.add})
	ctx, cancel := context.WithCancel(t.Context())
	frames := make(chan capture.Frame, 1000)
	ended := make(chan error)
	go func() {
		ended <- p.Screencast(ctx, ScreencastOptions{}, func(f capture.Frame) {
			select {
			case frames <- f:
			default:
			}
		})
	}()
	if err := p.DoAll(within(t), []Step{{Kind: StepClick, Selector: "#join"}}); err != nil {
		t.Fatal(err)
	}
	d := docs.wait(t, "the room", func(d Document) bool { return d.Loaded && d.Status == http.StatusOK })
	if d.URL[len(d.URL)-5:] != "/room" {
		t.Errorf("%+v", d)
	}
	messages.wait(t, "room 1")
	docs.wait(t, "the tab", func(d Document) bool { return d.Tab })
	if got, err := p.Evaluate(t.Context(), "document.title"); err != nil || string(got) != `"room"` {
		t.Errorf("%s, %v", got, err)
	}
	checkGeometry(t, p, hd)
	waitFor(t, "a picture of the room", func() bool {
		select {
		case f := <-frames:
			return colourOf(t, f.JPEG) == green
		default:
			return false
		}
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return p
}

// colourOf returns the colour in the middle of a JPEG, rounded to that of the
// room.
func colourOf(t *testing.T, raw []byte) color.RGBA {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := color.RGBAModel.Convert(img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2)).(color.RGBA)
	if off(c.R, green.R)+off(c.G, green.G)+off(c.B, green.B) < 16 {
		return green
	}
	return c
}

// A tab that is filled by a script has no address of its own.
func TestFollowsWritten(t *testing.T) {
	t.Parallel()
	s := serve(t, followPages)
	var docs documents
	p := open(t, launch(t, nil), OpenOptions{URL: s.URL + "/write", OnDocument: docs.add})
	if err := p.DoAll(within(t), []Step{{Kind: StepClick, Selector: "#join"}}); err != nil {
		t.Fatal(err)
	}
	docs.wait(t, "the tab", func(d Document) bool { return d.Tab })
	raw, err := p.Screenshot(within(t))
	if err != nil {
		t.Fatal(err)
	}
	checkColour(t, raw, green)
}

// A window that closes itself leaves the page that opened it.
func TestComesBack(t *testing.T) {
	t.Parallel()
	s := serve(t, followPages)
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, o := range map[string]func(*Options){"headless": nil, "window": func(o *Options) { o.Display = screen }} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var docs documents
			p := open(t, launch(t, o), OpenOptions{URL: s.URL + "/login", OnDocument: docs.add})
			if err := p.DoAll(within(t), []Step{{Kind: StepClick, Selector: "#join"}}); err != nil {
				t.Fatal(err)
			}
			docs.wait(t, "the window", func(d Document) bool { return d.Tab && d.URL == s.URL+"/done" })
			docs.wait(t, "the page", func(d Document) bool { return d.Tab && d.URL == s.URL+"/login" })
			if p.Err() != nil {
				t.Fatal(p.Err())
			}
			checkGeometry(t, p, hd)
			raw, err := p.Screenshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			checkColour(t, raw, tealColour)
			if engine == "window" {
				checkColour(t, grab(t, screen, hd), tealColour)
			}
		})
	}
}

// Reloads, statuses and error pages of the main frame.
func TestDocuments(t *testing.T) {
	var down bool
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if down {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
			return
		}
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
		fmt.Fprint(w, "<!doctype html><p>here<iframe srcdoc=inner></iframe>")
	}))
	t.Cleanup(s.Close)
	var docs documents
	p := open(t, launch(t, nil), OpenOptions{URL: s.URL + "/?token=secret", OnDocument: docs.add})
	evaluate := func(expr string) {
		t.Helper()
		if _, err := p.Evaluate(t.Context(), expr); err != nil {
			t.Fatal(err)
		}
	}
	evaluate("setTimeout(() => location.reload(), 0)")
	d := docs.wait(t, "the reload", func(d Document) bool { return d.Reloaded && d.Loaded })
	if d.URL != s.URL+"/" || d.Status != http.StatusOK || d.Failed || d.Tab {
		t.Errorf("%+v", d)
	}
	evaluate(`setTimeout(() => { location = "/gone" }, 0)`)
	d = docs.wait(t, "the page that is gone", func(d Document) bool { return d.Status == http.StatusGone })
	if d.URL != s.URL+"/gone" || d.Reloaded {
		t.Errorf("%+v", d)
	}
	mu.Lock()
	down = true
	mu.Unlock()
	evaluate("setTimeout(() => location.reload(), 0)")
	d = docs.wait(t, "the error page", func(d Document) bool { return d.Failed && d.Loaded })
	if d.URL != s.URL+"/gone" || d.Error != "ERR_EMPTY_RESPONSE" {
		t.Errorf("%+v", d)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	before := len(docs.got)
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the page", func() bool {
		docs.mu.Lock()
		defer docs.mu.Unlock()
		last := docs.got[len(docs.got)-1]
		return len(docs.got) > before && last.Loaded && !last.Failed
	})
}
