//go:build e2e

package demo

import (
	"slices"
	"sync"
	"testing"

	"beam/capture/chrome"
	"beam/layout"
)

// told is what a page that was opened as a plan says tells Beam.
type told struct {
	mu       sync.Mutex
	types    []string // those of endings and of the connection, in order
	people   map[string]layout.Person
	speakers []string
}

func (h *told) take(payload string) {
	m, err := layout.ParseMessage(payload)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m.Type {
	case layout.MessagePeople:
		for _, p := range m.People {
			h.people[p.ID] = p
		}
	case layout.MessageSpeaking:
		h.speakers = append(h.speakers, m.ID)
	case layout.MessageJoined, layout.MessageReconnecting, layout.MessageReconnected, layout.MessageEnded, layout.MessageKicked:
		h.types = append(h.types, m.Type)
	}
}

func (h *told) is(want func(*told) bool) func() bool {
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return want(h)
	}
}

// enter joins the room in the way of a platform.
func enter(t *testing.T, b *chrome.Browser, platform, url string) *told {
	t.Helper()
	plan, err := layout.New(layout.Request{URL: url, Platform: platform, Name: "Beam", Layout: "grid", Orientation: "landscape", Width: 640, Height: 480})
	if err != nil {
		t.Fatal(err)
	}
	h := &told{people: map[string]layout.Person{}}
	if _, err := b.Open(t.Context(), chrome.OpenOptions{URL: plan.URL, Script: plan.Script, OnMessage: h.take}); err != nil {
		t.Fatal(err)
	}
	return h
}

// The room tells Beam the same joined as what it is and as any page: who is
// there, who speaks, shares and comes late, and how it ends.
func TestPlatform(t *testing.T) {
	for _, name := range []string{"demo", "generic"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it mostly waits for the script
			s := startServer(t)
			h := enter(t, openBrowser(t, 640, 480), name, s.URL())
			eventually(t, soon, "the people", h.is(func(h *told) bool {
				ana, ben, chloe := h.people["ana"], h.people["ben"], h.people["chloe"]
				return ana.Name == "Ana" && ana.Role == "host" && ana.Camera && ana.Microphone && ana.Shown &&
					ben.Role == "guest" && chloe.Role == "guest"
			}))
			eventually(t, missed, "Ana speaks", h.is(func(h *told) bool { return slices.Contains(h.speakers, "ana") }))
			eventually(t, missed, "Dev comes, Ben shares", h.is(func(h *told) bool {
				return h.people["dev"].Role == "viewer" && h.people["ben"].Screen && h.people["ben"].Camera
			}))
			s.EndRoom()
			eventually(t, soon, "the end", h.is(func(h *told) bool { return slices.Equal(h.types, []string{layout.MessageJoined, layout.MessageEnded}) }))
		})
	}
	t.Run("lost", func(t *testing.T) {
		t.Parallel() // as above
		s := startServer(t)
		h := enter(t, openBrowser(t, 640, 480), "demo", s.URL())
		eventually(t, soon, "the room", h.is(func(h *told) bool { return len(h.people) > 0 }))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		eventually(t, soon, "the loss", h.is(func(h *told) bool {
			return slices.Equal(h.types, []string{layout.MessageJoined, layout.MessageReconnecting})
		}))
	})
}
