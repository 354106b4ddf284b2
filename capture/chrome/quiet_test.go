//go:build e2e

package chrome

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"beam/capture"
)

// teal is a page of one colour that does something; whatever else is in the
// picture is the browser's.
func teal(script string) string {
	return `<title>teal</title><body style="margin:0;background:#008080;height:100vh"><script>` + script + `</script>`
}

var tealColour = color.RGBA{0, 0x80, 0x80, 255}

// onClick is a script that calls f when the page is clicked.
func onClick(f string) string { return "document.onclick = () => { " + f + " };" }

// habits are things that pages do and that a browser answers with something over
// the page. The clicks are a person's: most of it needs one.
var habits = []struct{ name, page string }{
	{"print", teal(`setTimeout(print, 100)`)},
	{"alert", teal(`setTimeout(() => alert("hello"), 100)`)},
	{"beforeunload", teal(onClick(`onbeforeunload = (e) => { e.preventDefault(); return "no"; }; location = "/teal"`))},
	{"empty window", teal(onClick(`window.open("about:blank", "one", "width=300,height=200")`))},
	{"empty tab", teal(onClick(`window.open("about:blank")`))},
	{"protocol", teal(`location = "zoommtg://join?confno=1"`)},
	{"protocol by click", teal(onClick(`location = "beam-test:1"`))},
	{"mail", teal(onClick(`location = "mailto:ada@room.example"`))},
	{"file chooser", teal(onClick(`const i = document.createElement("input"); i.type = "file"; i.click()`))},
	{"fullscreen", teal(onClick(`document.documentElement.requestFullscreen().catch(() => {})`))},
	{"pointer", teal(onClick(`document.body.requestPointerLock()?.catch?.(() => {})`))},
	{"download", teal(onClick(`const a = document.createElement("a"); a.href = URL.createObjectURL(new Blob(["x"])); a.download = "x.txt"; a.click()`))},
	{"download from the server", teal(onClick(`location = "/file"`))},
	{"permissions", teal(onClick(`Notification.requestPermission(); navigator.geolocation.getCurrentPosition(() => {}); navigator.mediaDevices.getUserMedia({audio: true, video: true}).catch(() => {});
		navigator.clipboard.readText().catch(() => {}); navigator.requestMIDIAccess?.({sysex: true}).catch(() => {}); navigator.storage.persist?.()`))},
	{"screen", teal(onClick(`navigator.mediaDevices.getDisplayMedia({video: true}).catch(() => {})`))},
	{"devices", teal(onClick(`navigator.bluetooth?.requestDevice({acceptAllDevices: true}).catch(() => {}); navigator.usb?.requestDevice({filters: []}).catch(() => {}); navigator.serial?.requestPort().catch(() => {})`))},
	{"files", teal(onClick(`showOpenFilePicker?.().catch(() => {}); setTimeout(() => showDirectoryPicker?.().catch(() => {}), 300)`))},
	{"protocol handler", teal(onClick(`navigator.registerProtocolHandler?.("web+room", "/%s")`))},
	{"picture in picture", teal(onClick(`window.documentPictureInPicture?.requestWindow({width: 300, height: 200}).catch(() => {})`))},
	{"passkey", teal(onClick(`navigator.credentials.get({publicKey: {challenge: new Uint8Array(32), rpId: location.hostname}}).catch(() => {})`))},
	{"login of a request", teal(`fetch("/locked").catch(() => {})`)},
	{"login of a frame", `<body style="margin:0;background:#008080;height:100vh"><iframe src="/locked" style="display:none"></iframe>`},
	{"login of a picture", teal(`new Image().src = "/locked"`)},
	{"hover", `<style>body { margin: 0; background: #008080; height: 100vh } #a { position: fixed; inset: 0 } #b { display: none; position: fixed; inset: 200px; background: red }
		#a:hover #b { display: block }</style><div id=a title="A tooltip of the page"><div id=b></div></div>`},
}

// quietSite serves the pages of the habits at /0, /1 and so on.
func quietSite(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/locked":
			w.Header().Set("WWW-Authenticate", `Basic realm="room"`)
			w.WriteHeader(http.StatusUnauthorized)
		case "/file":
			w.Header().Set("Content-Disposition", "attachment; filename=x.bin")
			fmt.Fprint(w, "x")
		case "/teal":
			fmt.Fprint(w, "<!doctype html>"+teal(""))
		default:
			var n int
			if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil || n >= len(habits) {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, "<!doctype html>"+habits[n].page)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestNothingButThePage(t *testing.T) {
	t.Parallel()
	s := quietSite(t)
	t.Run("headless", func(t *testing.T) {
		t.Parallel()
		b := launch(t, nil)
		testHabits(t, b, s.URL, func(t *testing.T, p *Page) []byte {
			raw, err := p.Screenshot(within(t))
			if err != nil {
				t.Fatal(err)
			}
			return raw
		})
	})
	t.Run("window", func(t *testing.T) {
		t.Parallel()
		screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
		b := launch(t, func(o *Options) { o.Display = screen })
		testHabits(t, b, s.URL, func(t *testing.T, _ *Page) []byte { return grab(t, screen, hd) })
	})
}

func testHabits(t *testing.T, b *Browser, url string, look func(*testing.T, *Page) []byte) {
	for n, h := range habits {
		t.Run(h.name, func(t *testing.T) {
			p := open(t, b, OpenOptions{URL: fmt.Sprintf("%s/%d", url, n)})
			if err := p.DoAll(within(t), []Step{{Kind: StepClick, Selector: "body"}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond) // for what may appear
			raw := look(t, p)
			checkColour(t, raw, tealColour)
			if err := p.Alive(within(t)); err != nil {
				t.Error(err)
			}
			checkGeometry(t, p, hd)
		})
	}
}

// checkColour checks that a PNG is of one colour but for rounding.
func checkColour(t *testing.T, raw []byte, want color.RGBA) {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Rect, img, image.Point{}, draw.Src)
	if bad, first := others(flat, want); bad > 0 {
		t.Errorf("pixel %v is %v, not %v", first, flat.RGBAAt(first.X, first.Y), want)
		file := filepath.Join(t.ArtifactDir(), "picture.png")
		_ = os.WriteFile(file, raw, 0o600)
		t.Errorf("%d pixels are wrong: %s", bad, file)
	}
}

// others counts the pixels of another colour, and returns the first. It shares
// nothing: the race detector would only make it slow.
//
//go:norace
func others(img *image.RGBA, want color.RGBA) (n int, first image.Point) {
	for i := 0; i < len(img.Pix); i += 4 {
		if off(img.Pix[i], want.R)+off(img.Pix[i+1], want.G)+off(img.Pix[i+2], want.B) > 12 {
			if n++; n == 1 {
				first = image.Pt(i/4%img.Rect.Dx(), i/4/img.Rect.Dx())
			}
		}
	}
	return n, first
}

func off(a, b uint8) int { return max(int(a), int(b)) - min(int(a), int(b)) }

// A login form that a script fills in and sends.
func TestNoPasswordBubble(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{
		"/":     `<form action=/home><input name=user autocomplete=username><input name=password type=password autocomplete=current-password><button>Log in</button></form>`,
		"/home": teal(""),
	})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	p := open(t, launch(t, func(o *Options) { o.Display = screen }), OpenOptions{URL: s.URL})
	steps := []Step{{Kind: StepFill, Selector: "[name=user]", Value: "ada"}, {Kind: StepFill, Selector: "[name=password]", Value: "Secret-1"},
		{Kind: StepClick, Selector: "button"}, {Kind: StepWaitFor, Selector: "body"}}
	if err := p.DoAll(within(t), steps); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	checkColour(t, grab(t, screen, hd), tealColour)
}

// Chrome shows the dialogs of scripts in a window until they are refused, so they
// are refused before: in each frame of many pictures. So is what it says once somebody
// has clicked: how to leave the full screen, and whether to leave the page. The page's
// listeners hear that it is to be left all the same.
func TestDialogsDoNotFlash(t *testing.T) {
	s := serve(t, map[string]string{"/": teal(`let n = 0, asked = 0;
		onbeforeunload = () => { asked += 1; return "stay"; };
		addEventListener("beforeunload", (e) => { asked += 10; e.preventDefault(); e.returnValue = "stay"; });
		setInterval(() => {
			alert("hello");
			if (confirm("sure?") !== false || prompt("name?") !== null) return;
			document.documentElement.requestFullscreen().catch(() => {});
			asked = 0;
			location = "http://169.254.169.254/"; // where it may not go
			setTimeout(() => { if (asked === 11) __beamSend(String(n++)); }, 100);
		}, 300)`)})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	messages := newCollect()
	p := open(t, launch(t, func(o *Options) { o.Display = screen }), OpenOptions{URL: s.URL, OnMessage: messages.add})
	if err := p.DoAll(within(t), []Step{{Kind: StepClick, Selector: "body"}}); err != nil {
		t.Fatal(err)
	}
	const width, height = 32, 18
	raw, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-video_size", hd.String(), "-framerate", "60", "-i", screen,
		"-t", "4", "-vf", fmt.Sprintf("scale=%d:%d:flags=area,format=rgb24", width, height), "-f", "rawvideo", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	messages.wait(t, "5")
	odd := 0
	for i := 0; i+3 <= len(raw); i += 3 {
		if off(raw[i], tealColour.R)+off(raw[i+1], tealColour.G)+off(raw[i+2], tealColour.B) > 20 {
			odd++
		}
	}
	if odd > 0 || len(raw) < 30*width*height*3 {
		t.Errorf("%d cells of %d are not the page's", odd, len(raw)/3)
	}
}
