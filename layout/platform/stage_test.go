//go:build e2e

package platform_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beam/capture/chrome"
	"beam/layout/platform"
	"beam/layout/stage"
)

// message is what the stage tells, as far as it matters here.
type message struct {
	Type, Text, Name string
	People           []struct {
		ID, Name, Role            string
		Shown, Camera, Microphone bool
	}
	Chat struct{ SenderName, Text string }
}

// With the stage itself: what a platform's script says comes out as messages,
// and the filter has the roles.
func TestWithStage(t *testing.T) {
	b, site := launch(t), serve(t)
	j, err := find(t, "100ms").Join(platform.Request{URL: site + "/meeting/abc-def", Name: "Beam", Layout: "grid"})
	if err != nil {
		t.Fatal(err)
	}
	script, err := stage.Script(stage.Facts{
		Layout: "grid", Orientation: "landscape", Width: 640, Height: 360, Name: "Beam", Platform: "100ms", Roles: []string{"host"},
	}, j.Script)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var heard []message
	p, err := b.Open(t.Context(), chrome.OpenOptions{
		URL: j.URL, Script: script, Timeout: time.Minute,
		OnMessage: func(payload string) {
			var m message
			if err := json.Unmarshal([]byte(payload), &m); err != nil {
				t.Errorf("%s: %v", payload, err)
			}
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, m)
		},
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
	v := visit{t, p, j}
	hear := func(what string, is func(message) bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			mu.Lock()
			ok, all := slices.ContainsFunc(heard, is), fmt.Sprintf("%+v", heard)
			mu.Unlock()
			if ok {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("no message: %s; heard %s", what, all)
			}
		}
	}
	hear("joined", func(m message) bool { return m.Type == "joined" })
	v.do(`await fixture.add('p1', 'Ana', 'host', '#c00', 440); await fixture.add('p2', 'Bo', 'guest', '#00c', 550)`)
	people := func(want string) func(message) bool {
		return func(m message) bool {
			var all []string
			for _, p := range m.People {
				all = append(all, fmt.Sprint(p.Name, " ", p.Role, " ", p.Shown, " ", p.Camera, " ", p.Microphone))
			}
			return m.Type == "people" && strings.Join(all, ", ") == want
		}
	}
	hear("a host who is shown, a guest who is not", people("Ana host true true true, Bo guest false true true"))
	v.do(`fixture.role('p2', 'host'); fixture.mute('p1', true)`)
	hear("both are shown", people("Ana host true true false, Bo host true true true"))
	v.do(`fixture.say('m1', 'p1', 'hello', {})`)
	hear("chat", func(m message) bool { return m.Type == "chat" && m.Chat.SenderName == "Ana" && m.Chat.Text == "hello" })
	hear("ready", func(m message) bool { return m.Type == "ready" })
	v.do(`fixture.notify('ROOM_ENDED', { reason: 'time is up', roomEnded: true })`)
	hear("ended", func(m message) bool { return m.Type == "ended" && m.Text == "time is up" })
}
