//go:build e2e || livekit

package platform_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/chrome"
	"beam/layout/platform"
)

// launch starts a browser that is closed with the test.
func launch(t *testing.T) *chrome.Browser {
	t.Helper()
	path, err := chrome.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "bp")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := chrome.Launch(ctx, chrome.Options{
		Path: path, Dir: dir, Size: capture.Size{Width: 640, Height: 360}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return b
}

// serve serves the fixtures; a folder ahead of the file's name is left out, so
// that a fixture can have the path of a room.
func serve(t *testing.T) string {
	t.Helper()
	files := http.FileServer(http.Dir("testdata"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		if len(parts) > 2 {
			switch parts[1] {
			case "preview", "meeting":
				r.URL.Path = "/hms.html"
			case "static":
				r.URL.Path = "/page.html"
			}
		}
		if parts[len(parts)-1] == "loopback.js" {
			r.URL.Path = "/loopback.js"
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// fakeRoom takes what a platform's script says, with the tracks replaced by
// what can be compared.
const fakeRoom = `(() => {
	if (window.top !== window) return;
	const said = [];
	const tell = (type) => (value) => { said.push({ type, value }); };
	const flat = (people) => people.map((p) => ({ ...p, media: p.media.map((m) => ({
		...m, track: m.track ? m.track.kind + ' ' + m.track.readyState : undefined })) }));
	const layouts = [];
	const room = { facts: Object.freeze(%s), tap: { tracks: () => [], onchange() {} }, layout: (name) => { layouts.push(name); return 'ok'; } };
	for (const type of ['joined', 'waiting', 'refused', 'ended', 'kicked', 'reconnecting', 'reconnected', 'chat']) room[type] = tell(type);
	let last;
	room.people = (people) => {
		const now = flat(people);
		if (JSON.stringify(now) === last) return;
		last = JSON.stringify(now);
		said.push({ type: 'people', value: now });
	};
	window.heard = {
		said, layouts,
		types: () => said.map((s) => s.type).filter((t, i, all) => t !== 'people' || all[i - 1] !== 'people').join(' '),
		people: () => said.findLast((s) => s.type === 'people')?.value ?? [],
		value: (type) => said.findLast((s) => s.type === type)?.value,
		person: (id) => heard.people().find((p) => p.id === id),
		media: (id) => (heard.person(id)?.media ?? []).map((m) => m.kind + (m.muted ? ' muted' : '') + (m.track ? ' ' + m.track : '')).join(', '),
	};
	const adapter = (%s)(room);
	heard.adapter = adapter;
})();`

// visit is a page with a platform's script in it.
type visit struct {
	t    *testing.T
	page *chrome.Page
	join platform.Join
}

// enter opens the room of a request.
func enter(t *testing.T, b *chrome.Browser, name string, r platform.Request) visit {
	t.Helper()
	j, err := find(t, name).Join(r)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, b, j, map[string]any{"layout": r.Layout, "name": r.Name, "platform": name, "contract": name == "page", "extra": j.Extra})
}

func open(t *testing.T, b *chrome.Browser, j platform.Join, facts map[string]any) visit {
	t.Helper()
	encoded, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.Open(t.Context(), chrome.OpenOptions{
		URL: j.URL, Script: fmt.Sprintf(fakeRoom, encoded, j.Script), Timeout: time.Minute,
		OnConsole: func(level, text string) { fmt.Fprintf(t.Output(), "console %s: %s\n", level, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return visit{t, p, j}
}

// do runs statements in the page; it waits for what they await.
func (v visit) do(statements string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	if _, err := v.page.Evaluate(ctx, "(async () => { "+statements+" })()"); err != nil {
		v.t.Fatalf("%s: %v", statements, err)
	}
}

// get returns the value of an expression.
func (v visit) get(expr string) any {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	raw, err := v.page.Evaluate(ctx, expr)
	if err != nil {
		v.t.Fatalf("%s: %v", expr, err)
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		v.t.Fatalf("%s: %s", expr, raw)
	}
	return value
}

// want waits until an expression has a value.
func (v visit) want(expr string, value any) {
	v.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		got := v.get("(() => { try { return " + expr + "; } catch (e) { return 'threw ' + e.message; } })()")
		if got == value {
			return
		}
		if time.Now().After(deadline) {
			said, _ := json.MarshalIndent(v.get("heard.said"), "", " ")
			v.t.Fatalf("%s is %#v, want %#v; heard %s", expr, got, value, said)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// quote returns text as a JavaScript string.
func quote(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err) // any string can be encoded
	}
	return string(encoded)
}
