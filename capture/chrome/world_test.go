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
		</script><button id=go onclick="document.title = 'clicked'">Go</button><form><input id=name><input name=children><input name=getBoundingClientRect><input name=parentNode></form>
		<form name=body></form><img name=querySelectorAll><img name=defaultView><img name=getSelection>`})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	for engine, o := range map[string]func(*Options){"headless": nil, "window": func(o *Options) { o.Display = screen }} {
		t.Run(engine, func(t *testing.T) {
			p := open(t, launch(t, o), OpenOptions{URL: s.URL})
			checkGeometry(t, p, hd)
			steps := []Step{{Kind: StepClick, Selector: "text=Go"}, {Kind: StepFill, Selector: "#name", Value: "Ada"}}
			if err := p.DoAll(within(t), steps); err != nil {
				t.Fatal(err)
			}
			if got, err := p.EvaluateApart(t.Context(), `document.title + document.getElementById("name").value`); err != nil || string(got) != `"clickedAda"` {
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

// What is chosen while recording reaches every frame that is there: of other origins,
// in one another, without an origin, and of the tabs behind.
func TestEachOtherFrame(t *testing.T) {
	var other string
	told := newCollect()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch {
		case r.URL.Path == "/told":
			told.add(r.URL.RawQuery)
		case r.URL.Path == "/lobby":
			fmt.Fprintf(w, `<!doctype html><iframe src="%s/outer"></iframe><iframe sandbox=allow-scripts src=/sandboxed></iframe><button id=join onclick="window.open('/room')">Join</button>`, other)
		case r.URL.Path == "/outer":
			fmt.Fprintf(w, `<!doctype html><iframe src="%s/inner"></iframe>`, "http://"+strings.Replace(r.Host, "localhost", "127.0.0.1", 1))
		default:
			fmt.Fprint(w, `<!doctype html><script>fetch("/told?there" + location.pathname, { mode: "no-cors" })</script>`)
		}
	}))
	t.Cleanup(s.Close)
	other = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	tell := `fetch("/told?" + encodeURIComponent(location.pathname) + " " + (globalThis.times = (globalThis.times ?? 0) + 1), { mode: "no-cors" }).then(() => 0)`
	p := open(t, launch(t, nil), OpenOptions{URL: s.URL + "/lobby"})
	told.wait(t, "there/inner")
	told.wait(t, "there/sandboxed")
	if err := p.EachOtherFrame(within(t), tell); err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{"outer", "inner", "sandboxed"} {
		told.wait(t, "%2F"+frame+"%201")
	}
	if told.has("%2Flobby") {
		t.Error("the main frame was told too")
	}
	if err := p.DoAll(within(t), []Step{{Kind: StepClick, Selector: "#join"}}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the room", func() bool {
		path, err := p.EvaluateApart(t.Context(), "location.pathname")
		return err == nil && string(path) == `"/room"`
	})
	if err := p.EachOtherFrame(within(t), tell); err != nil {
		t.Fatal(err)
	}
	for _, frame := range []string{"lobby%201", "outer%202", "inner%202", "sandboxed%202"} {
		told.wait(t, "%2F"+frame)
	}
	if told.has("%2Froom") {
		t.Error("the main frame that is shown was told too")
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
