//go:build livekit

package platform_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"beam/capture/chrome"
	"beam/layout/livekit/livekittest"
	"beam/layout/platform"
)

// These tests join a room of a real LiveKit server with the real page, in a real
// browser. scripts/test-livekit runs them.

// enterLive joins a room with a made token.
func enterLive(t *testing.T, room *livekittest.Room, layout string) visit {
	t.Helper()
	r := platform.Request{
		URL: room.URL, Name: "Beam", Layout: layout, Room: room.Name,
		Secrets: platform.Secrets{APIKey: room.APIKey, APISecret: room.APISecret},
	}
	j, err := find(t, "livekit").Join(r)
	if err != nil {
		t.Fatal(err)
	}
	return openLive(t, j, layout)
}

func openLive(t *testing.T, j platform.Join, layout string) visit {
	t.Helper()
	s := httptest.NewServer(http.FileServerFS(j.Site))
	t.Cleanup(s.Close)
	j.URL = s.URL + "/" + j.URL
	return open(t, launch(t), j, map[string]any{"layout": layout, "name": "Beam", "extra": j.Extra})
}

func TestLiveKitServerPeople(t *testing.T) {
	room := livekittest.Start(t, "ana", "ben", "chloe")
	v := enterLive(t, room, "native")
	v.want("heard.types()", "joined people")
	v.want("heard.people().map((p) => `${p.id} ${p.name} ${p.role}`).sort().join()", "ana Ana host,ben Ben guest,chloe Chloe guest")
	for _, id := range []string{"ana", "ben", "chloe"} {
		v.want("heard.media("+quote(id)+").split(', ').sort().join()", "camera video live,microphone audio live")
	}
	// The server tells who speaks; turns last 2.5 s.
	v.want("['ana', 'ben', 'chloe'].every((id) => heard.said.some((s) => s.type === 'people' && s.value.some((p) => p.id === id && p.speaking)))", true)
	// The page's own view shows all, in their colours, and plays all.
	v.want("[...document.querySelectorAll('video')].filter((e) => e.videoWidth > 0 && !e.paused).length", float64(3))
	v.want("[...document.querySelectorAll('audio')].filter((e) => !e.paused && e.currentTime > 0).length", float64(3))
	v.want("[...document.querySelectorAll('figcaption')].map((e) => e.textContent).sort().join()", "Ana,Ben,Chloe")

	room.Do("join dev", "leave chloe", "mute ben on", "role ana cohost", "share ana on", "say ana Hello, all!")
	v.want("heard.people().map((p) => p.id).sort().join()", "ana,ben,dev")
	v.want("heard.media('ben').includes('microphone muted')", true)
	v.want("heard.person('ana').role", "cohost")
	v.want("heard.media('ana').includes('screen video live')", true)
	v.want("heard.media('dev').split(', ').sort().join()", "camera video live,microphone audio live")
	v.want("(({ senderId, senderName, roles, text }) => `${senderId} ${senderName} ${roles} ${text}`)(heard.value('chat'))", "ana Ana cohost Hello, all!")
	v.want("document.getElementById('view').dataset.layout", "speaker")
	v.want("document.querySelector('figure').className", "screen")
	room.Do("share ana off")
	v.want("heard.media('ana').includes('screen')", false)
	v.want("document.getElementById('view').dataset.layout", "grid")

	// Nobody can see the recorder, and nothing of the token is in the page.
	v.want("JSON.stringify(Object.getOwnPropertyNames(window)).includes('__beamLiveKit')", false)
	v.want("location.search + location.hash", "")
	// Another layout stops the page's own pictures, not its sound.
	v.do("heard.adapter.layout('grid')")
	v.want("document.querySelectorAll('video').length", float64(0))
	v.want("[...document.querySelectorAll('audio')].filter((e) => !e.paused).length", float64(3))
	room.Do("layout beam-* speaker-light")
	v.want("heard.layouts.at(-1)", "speaker")

	room.Do("end")
	v.want("heard.value('ended')", "the room was closed")
}

func TestLiveKitServerKicks(t *testing.T) {
	room := livekittest.Start(t, "ana")
	v := enterLive(t, room, "grid")
	v.want("heard.people().length", float64(1))
	room.Do("kick beam-*")
	v.want("heard.value('kicked')", "the recorder was removed from the room")
}

// A token that only the server can see through.
func TestLiveKitServerRefuses(t *testing.T) {
	room := livekittest.Start(t)
	forged := *room
	forged.APISecret = strings.Repeat("not the secret", 3)
	v := enterLive(t, &forged, "grid")
	v.want("heard.types()", "refused")
	text, _ := v.get("heard.value('refused')").(string)
	if !strings.Contains(text, "refused the recorder: ") || !strings.Contains(text, "token") || strings.Count(text, ".") > 8 {
		t.Errorf("refused: %s", text)
	}
}

// A page that behaves as a template of LiveKit Egress does, on the real server.
func TestLiveKitServerTemplate(t *testing.T) {
	room := livekittest.Start(t, "ana", "ben")
	site, err := find(t, "livekit").Join(platform.Request{
		URL: room.URL, Room: room.Name, Secrets: platform.Secrets{APIKey: room.APIKey, APISecret: room.APISecret},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(site.Site))
	mux.HandleFunc("/template", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/template.html") })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	j, err := platform.Custom(s.URL+"/template", platform.Request{
		URL: room.URL, Layout: "speaker", Room: room.Name, Width: 640, Height: 360,
		Secrets: platform.Secrets{APIKey: room.APIKey, APISecret: room.APISecret},
	})
	if err != nil {
		t.Fatal(err)
	}
	console, page := openTemplate(t, j)
	waitFor(t, console, "START_RECORDING")
	if got, err := page.Evaluate(t.Context(), "document.body.dataset.layout"); err != nil || string(got) != `"speaker"` {
		t.Errorf("layout %s, %v", got, err)
	}
	room.Do("end")
	waitFor(t, console, "END_RECORDING")
}

// openTemplate opens a page and returns what it writes to its console.
func openTemplate(t *testing.T, j platform.Join) (<-chan string, *chrome.Page) {
	t.Helper()
	console := make(chan string, 1000)
	p, err := launch(t).Open(t.Context(), chrome.OpenOptions{URL: j.URL, Timeout: time.Minute, OnConsole: func(_, text string) {
		select {
		case console <- text:
		default: // nobody reads any more
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return console, p
}

func waitFor(t *testing.T, console <-chan string, want string) {
	t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case text := <-console:
			if text == want {
				return
			}
		case <-late:
			t.Fatalf("the page did not write %s", want)
		}
	}
}
