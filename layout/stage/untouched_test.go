//go:build e2e

package stage_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/goregular"

	"beam/layout"
	"beam/layout/stage"
)

// idle serves the page of two people that does nothing.
func idle(t *testing.T) string {
	t.Helper()
	html, err := os.ReadFile("testdata/idle.html")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, string(html))
}

// A page has not one variable more than in a Chrome without Beam, but for the contract
// of pages that are made for Beam.
func TestNoVariables(t *testing.T) {
	url := serve(t, "<!doctype html><title>names</title>")
	names := func(script string) []string {
		v := openWith(t, hd, url, script)
		defer v.close()
		return eval[[]string](v, "[...Object.getOwnPropertyNames(window), ...Object.getOwnPropertySymbols(window).map(String)]")
	}
	plain := names("delete window.__beamSend")
	for name, facts := range map[string]stage.Facts{
		"native": {Layout: stage.Native}, "grid": {Layout: stage.Grid}, "filter": {Layout: stage.Grid, Roles: []string{"x"}},
	} {
		script, err := stage.Script(facts, "function (room) { room.joined(); }")
		if err != nil {
			t.Fatal(err)
		}
		if got := names(script); !slices.Equal(got, plain) {
			for _, one := range got {
				if !slices.Contains(plain, one) {
					t.Errorf("%s: the page has %s", name, one)
				}
			}
		}
	}
}

// clobber puts an element in the place of everything that a document has: those of a
// name are found on it before its own (HTML, 3.1.7).
const clobber = `(() => {
	const [create, all] = [document.createElement.bind(document), document.body];
	for (const name of Object.getOwnPropertyNames(Document.prototype)) {
		const form = create('form');
		form.setAttribute('name', name);
		form.hidden = true;
		all.append(form);
	}
	return document.documentElement.localName;
})()`

// Whatever a page does to the browser's functions, Beam has its own, and the page
// sees none of Beam's calls.
func TestNothingOfThePageIsUsed(t *testing.T) {
	v := open(t, hd, idle(t), stage.Facts{Layout: stage.Grid}, "")
	red, green := [4]uint8{220, 30, 30, 255}, [4]uint8{30, 220, 30, 255}
	seen := func() string {
		img := v.shot("idle")
		var found []string
		for name, c := range map[string][4]uint8{"red": red, "green": green} {
			if share(img, img.Rect, rgba(c)) > 0.02 {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	v.eventually("both are there", func() bool { return eval[bool](v, "Boolean(window.idle?.up())") && seen() == "green red" })
	v.ready()
	v.run(clobber)
	if n := eval[int](v, "idle.smash()"); n < 3000 {
		t.Errorf("only %d things are broken", n)
	}
	defer func() { t.Logf("called: %s", v.run("idle.calls")) }()
	// What breaks Beam's own says which of the page's it called.
	works := func(expr string) {
		t.Helper()
		if got := eval[string](v, "(() => { try { "+expr+"; return 'ok'; } catch (e) { return e + ': ' + idle.calls; } })()"); got != "ok" {
			t.Fatalf("%.80s: %s", expr, got)
		}
	}
	works(layout.Command(stage.Spotlight))
	works(layout.StatsExpression())
	works(layout.FilterCommand(layout.Filter{}))
	v.eventually("one alone", func() bool { return !strings.Contains(seen(), " ") })
	s := v.stats()
	if len(s.Videos) != 1 || len(s.Receivers) < 2 {
		t.Errorf("stats %+v", s)
	}
	v.do(stage.Speaker)
	v.eventually("both", func() bool { return seen() == "green red" })
	if got := eval[string](v, layout.FilterCommand(layout.Filter{Participants: []string{"nobody"}})); got != "ok" {
		t.Errorf("filter: %s", got)
	}
	v.eventually("nobody", func() bool { return seen() == "" })
	if got := eval[string](v, layout.FilterCommand(layout.Filter{})); got != "ok" {
		t.Errorf("no filter: %s", got)
	}
	v.eventually("both again", func() bool { return seen() == "green red" })
	v.run("idle.close(), 0")
	v.eventually("nobody is there", func() bool {
		all := v.told("people")
		return len(all[len(all)-1].People) == 0
	})
	if calls := eval[string](v, "idle.calls"); calls != "" {
		t.Errorf("the page's own were called: %s", calls)
	}
}

// What libraries of old add to arrays, and what pages call their variables.
func TestNamesOfThePage(t *testing.T) {
	html := `<!doctype html><title>names</title><script>
let screen = 'lobby', performance = 0, scheduler = null; class Map {} class Set {}
let Promise = null, JSON = null, Array = 0, Object = 0, document2 = 0, setTimeout = 0, EventTarget = 0;
Reflect.defineProperty([].constructor.prototype, 'toJSON', { value() { return '[old]'; } });
for (const name of ['type', 'people', 'text']) Reflect.defineProperty({}.constructor.prototype, name, { get: () => 'old', set() {}, configurable: true });
({}).constructor.prototype.get = () => 7;
</script><script>beamRoom.people([{ id: 'a', name: 'Ana', role: 'host' }]);</script>`
	v := open(t, hd, serve(t, html), stage.Facts{Layout: stage.Grid, Contract: true}, pagePlatform)
	v.eventually("Ana is told", func() bool {
		all := v.told("people")
		return len(all) > 0 && len(all[len(all)-1].People) == 1 && all[len(all)-1].People[0].Name == "Ana"
	})
	v.run("(() => { const one = document.createElement('script'); one.text = 'let innerWidth = 500; innerHeight = 7; devicePixelRatio = 3'; document.body.append(one); })()")
	v.do(stage.Spotlight)
	v.eventually("she has a tile as large as the viewport", func() bool {
		img := v.shot("ana")
		at := img.PixOffset(1200, 60)
		return img.Pix[at]+img.Pix[at+1]+img.Pix[at+2] > 50
	})
}

// pagePlatform takes people from a page, as the page contract does.
const pagePlatform = `function (room) { window.beamRoom = { people: room.own((list) => { room.joined(); room.people(list); }) }; }`

// A page may call its own thing beam.
func TestPageCalledBeam(t *testing.T) {
	for _, kind := range []string{"", " type=module"} {
		v := open(t, hd, serve(t, fmt.Sprintf(`<!doctype html><title>beam</title><script%s>
window.beam = window.beam || function () { (window.beam.q = window.beam.q || []).push(arguments); };
window.beam('/visit');
document.title = 'started';
</script>`, kind)), stage.Facts{Layout: stage.Native}, "")
		v.eventually("the page starts", func() bool { return eval[string](v, "document.title") == "started" })
		v.close()
	}
}

// policies serves a page under a policy that allows it next to nothing.
func policies(t *testing.T, html, policy, mime string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mime)
		w.Header().Set("Content-Security-Policy", policy)
		fmt.Fprint(w, html)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL
}

// A logo, 2 by 2 pixels of red.
const redPNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="

// Styles and pictures of the stage are there under any policy, and in documents of
// any type.
func TestPolicies(t *testing.T) {
	const drawing = `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 30'><rect width='100' height='30' fill='red'/></svg>`
	const script = `beamRoom.people([{ id: 'a', name: 'Ana', avatar: '` + redPNG + `' }]);`
	for _, c := range []struct{ name, html, policy, mime, logo string }{
		{"bitmap", "<!doctype html><script>" + script + "</script>", "default-src 'none'; script-src 'unsafe-inline'; require-trusted-types-for 'script'", "text/html", redPNG},
		{"drawing", "<!doctype html><script>" + script + "</script>", "default-src 'none'; script-src 'unsafe-inline'", "text/html", drawing},
		{"free", "<!doctype html><script>" + script + "</script>", "", "text/html", drawing},
		{"svg", `<svg xmlns="http://www.w3.org/2000/svg"><rect width="2000" height="2000" fill="blue"/><script>` + script + "</script></svg>", "", "image/svg+xml", redPNG},
		{"xhtml", `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body style="background:blue"><script>` + script + "</script></body></html>", "", "application/xhtml+xml", redPNG},
		{"xml", `<r><script xmlns="http://www.w3.org/1999/xhtml">` + script + "</script></r>", "", "application/xml", redPNG},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := open(t, hd, policies(t, c.html, c.policy, c.mime), stage.Facts{Layout: stage.Grid, Logo: c.logo}, pagePlatform)
			v.eventually("the logo and the avatar are red, and the stage is dark", func() bool {
				img := v.shot("policy")
				red, ground := rgba([4]uint8{255, 0, 0, 255}), rgba([4]uint8{14, 17, 22, 255})
				return share(img, rect(1215, 26, 1245, 50), red) > 0.5 && share(img, rect(600, 330, 680, 390), red) > 0.9 && share(img, rect(0, 0, 1280, 6), ground) > 0.9
			})
		})
	}
}

// A style sheet's own font is there, whatever the page's policy says of fonts.
func TestFontOfTheUser(t *testing.T) {
	css := fmt.Sprintf("@font-face { font-family: Brand; src: url(data:font/ttf;base64,%s) } .name { font-family: Brand }", base64.StdEncoding.EncodeToString(goregular.TTF))
	v := open(t, hd, policies(t, "<!doctype html><script>beamRoom.people([{ id: 'a', name: 'Ana' }]);</script>", "default-src 'none'; script-src 'unsafe-inline'", "text/html"),
		stage.Facts{Layout: stage.Grid, CSS: css}, pagePlatform)
	v.eventually("the font is there", func() bool {
		return eval[bool](v, "[...document.fonts].some((face) => face.family === 'Brand' && face.status === 'loaded')")
	})
	v.do(stage.Native)
	if n := eval[int](v, "document.fonts.size"); n != 0 {
		t.Errorf("the page itself has %d fonts of Beam's", n)
	}
}

// A page may make and close any number of connections.
func TestManyConnections(t *testing.T) {
	v := open(t, hd, serve(t, `<!doctype html><title>many</title><script>
(async () => {
	try {
		for (let i = 0; i < 700; i++) {
			const peer = new RTCPeerConnection();
			peer.createDataChannel('x');
			peer.close();
			if (i % 25 > 0) continue;
			let waste = [];
			for (let n = 0; n < 40; n++) waste.push(new Array(250000).fill(n));
			waste = null;
			await new Promise((done) => setTimeout(done, 300));
		}
		window.made = 'all';
	} catch (error) {
		window.made = error.message;
	}
})();
</script>`), stage.Facts{Layout: stage.Grid}, "")
	v.eventually("all are made", func() bool { return eval[bool](v, "window.made !== undefined") })
	if made := eval[string](v, "window.made"); made != "all" {
		t.Error(made)
	}
}
