//go:build e2e

package chrome

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"beam/capture"
)

// Pages may have variables and functions of any name.
func TestPageReplacesEverything(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]string{"/": `<script>
		let screen = "lobby", innerWidth = 500; devicePixelRatio = 2;
		Array.prototype.toJSON = function () { return "[]"; };
		Array.prototype.flatMap = Array.prototype.find = Array.prototype.filter = () => { throw new Error("mine"); };
		Element.prototype.getBoundingClientRect = Document.prototype.querySelectorAll = () => { throw new Error("mine"); };
		window.Promise = window.JSON = window.Object = undefined;
		</script><button id=go onclick="document.title = 'clicked'">Go</button><input id=name>`})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, o := range map[string]func(*Options){"headless": nil, "window": func(o *Options) { o.Display = screen }} {
		t.Run(engine, func(t *testing.T) {
			p := open(t, launch(t, o), OpenOptions{URL: s.URL})
			checkGeometry(t, p, hd)
			steps := []Step{{Kind: StepClick, Selector: "#go"}, {Kind: StepFill, Selector: "#name", Value: "Ada"}}
			if err := p.DoAll(within(t), steps); err != nil {
				t.Fatal(err)
			}
			if got, err := p.EvaluateApart(t.Context(), `document.title + document.querySelector("#name").value`); err != nil || string(got) != `"clickedAda"` {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

// The browser says which frame a message comes from.
func TestSenders(t *testing.T) {
	t.Parallel()
	var other string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		say := func(who string) string {
			return fmt.Sprintf(`<script>__beamSend(%q); console.log(%q, "END_RECORDING")</script>`, who, who)
		}
		switch r.URL.Path {
		case "/":
			fmt.Fprintf(w, `<!doctype html>%s<iframe src=/child></iframe><iframe srcdoc="%s"></iframe><iframe src="%s/foreign"></iframe><iframe sandbox=allow-scripts src=/sandboxed></iframe>`,
				say("main"), strings.ReplaceAll(say("srcdoc"), `"`, "&quot;"), other)
		default:
			fmt.Fprint(w, "<!doctype html>"+say(strings.TrimPrefix(r.URL.Path, "/")))
		}
	}))
	t.Cleanup(s.Close)
	other = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	messages := newCollect()
	open(t, launch(t, nil), OpenOptions{URL: s.URL,
		OnMessageFrom: func(from Sender, payload string) { messages.add(payload + ": " + from.String()) },
		OnConsoleCall: func(c ConsoleCall) { messages.add(strings.Join(c.Args, "|") + ": " + c.From.String()) },
	})
	for who, want := range map[string]Sender{"main": SenderMain, "child": SenderChild, "srcdoc": SenderChild, "foreign": SenderForeign, "sandboxed": SenderForeign} {
		messages.wait(t, who+": "+want.String())
		messages.wait(t, who+"|END_RECORDING: "+want.String())
	}
}

// What fails after the page was loaded is told too.
func TestLateRequests(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><script>setTimeout(() => { fetch("/api?key=secret").catch(() => {}); new WebSocket("ws://" + location.host + "/socket?key=secret"); }, 1000)</script>`)
	}))
	t.Cleanup(s.Close)
	requests, console := newCollect(), newCollect()
	open(t, launch(t, nil), OpenOptions{URL: s.URL, OnRequest: requests.add, OnConsole: func(level, text string) { console.add(level + ": " + text) }})
	waitFor(t, "the refused request", func() bool { return requests.has("403") && requests.has("/api") })
	waitFor(t, "the refused socket", func() bool { return console.has("WebSocket") })
	if requests.has("secret") {
		t.Error("a secret is told")
	}
}

// Pages that draw with WebGL can, on a machine without a graphics card too.
func TestWebGL(t *testing.T) {
	s := serve(t, map[string]string{"/": `<canvas id=c width=200 height=100></canvas>`})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, o := range map[string]func(*Options){"headless": nil, "window": func(o *Options) { o.Display = screen }} {
		t.Run(engine, func(t *testing.T) {
			p := open(t, launch(t, o), OpenOptions{URL: s.URL})
			got, err := p.Evaluate(within(t), `(() => { const gl = c.getContext("webgl2"); if (!gl) return "none";
				gl.clearColor(0, 0.5, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT); const px = new Uint8Array(4); gl.readPixels(5, 5, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, px); return [...px].join(); })()`)
			if err != nil || string(got) != `"0,128,0,255"` {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}
