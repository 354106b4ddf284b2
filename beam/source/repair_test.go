package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/capture"
	"beam/capture/chrome"
	"beam/layout"
)

// What could not be replaced ends the recording with the class of what was lost.
func TestUnrepaired(t *testing.T) {
	for what, want := range map[string]fault.Class{
		LostSound: fault.ClassAudio, LostBrowser: fault.ClassBrowser, LostDisplay: fault.ClassBrowser, LostMemory: fault.ClassBrowser,
	} {
		if got := fault.ClassOf(unrepaired(what, errors.New("no"))); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}

// The first try of a repair replaces what was lost; the next ones replace all.
func TestReplaced(t *testing.T) {
	for what, want := range map[string][2]bool{LostBrowser: {}, LostSound: {true, false}, LostDisplay: {false, true}} {
		if sound, display := replaced(what, 0); [2]bool{sound, display} != want {
			t.Errorf("%s: sound server %v, display %v", what, sound, display)
		}
		if sound, display := replaced(what, 1); !sound || !display {
			t.Errorf("%s, second try: sound server %v, display %v", what, sound, display)
		}
	}
}

func TestDelayBefore(t *testing.T) {
	if delayBefore(0) != 0 {
		t.Error("the first try waits")
	}
	sum := time.Duration(0)
	for try := range 20 {
		if delayBefore(try+1) < delayBefore(try) {
			t.Errorf("try %d waits less than the one before", try+1)
		}
		sum += delayBefore(try)
	}
	if sum <= repairFor {
		t.Errorf("twenty tries wait for %v: they end by number, not by time", sum)
	}
}

func TestHung(t *testing.T) {
	for _, tt := range []struct {
		silent  time.Duration
		stopped bool
		want    bool
	}{
		{time.Second, false, false},
		{hungAfter - 1, false, false},
		{hungAfter, false, true},
		{0, true, true},
	} {
		if got := hung(tt.silent, tt.stopped); got != tt.want {
			t.Errorf("silent for %v, stopped %v: %v", tt.silent, tt.stopped, got)
		}
	}
}

func newTestSource(messages *[]string) *Source {
	return New(Options{
		ReadyTimeout: time.Minute, Name: "Beam",
		OnMessage: func(m layout.Message) bool {
			*messages = append(*messages, m.Type)
			return m.Type != layout.MessagePeople
		},
		Presence: func() (joined, publishing bool) { return false, false },
	})
}

// Messages go to who waits for the page, and else to the loop; what nobody has to
// act on goes no further than the handler.
func TestDeliver(t *testing.T) {
	var seen []string
	s := newTestSource(&seen)
	s.deliver(layout.Message{Type: layout.MessagePeople})
	s.deliver(layout.Message{Type: layout.MessageEnded})
	joining := make(chan layout.Message, 1)
	s.joining = joining
	s.deliver(layout.Message{Type: layout.MessageReady})
	if len(seen) != 3 || len(s.Messages) != 1 || (<-s.Messages).Type != layout.MessageEnded || len(joining) != 1 {
		t.Errorf("seen %v, %d for who joins", seen, len(joining))
	}
}

func TestNeverReady(t *testing.T) {
	for name, tt := range map[string]struct {
		waiting string
		joined  bool
		stage   bool
		class   fault.Class
		says    string
	}{
		"in a lobby":         {waiting: "the lobby", class: fault.ClassRoom, says: "still in the lobby"},
		"joined, but nobody": {joined: true, class: fault.ClassEmpty, says: "of anybody"},
		"nobody to draw":     {stage: true, class: fault.ClassEmpty, says: "of anybody"},
		"loading":            {class: fault.ClassRoom, says: "still loading"},
	} {
		s := newTestSource(new([]string))
		s.Plan.Stage = tt.stage
		s.Presence = func() (joined, publishing bool) { return tt.joined, false }
		err := s.neverReady(tt.waiting)
		if fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.says) || !fault.Retryable(err) || fault.Hint(err) == "" {
			t.Errorf("%s: class %s, %v", name, fault.ClassOf(err), err)
		}
	}
}

func TestLostBeforeReady(t *testing.T) {
	if err := lostBeforeReady(fmt.Errorf("x: %w", chrome.ErrPageClosed)); fault.ClassOf(err) != fault.ClassRoom {
		t.Errorf("a page that closed itself: %v", err)
	}
	crashed := errors.New("crashed")
	if err := lostBeforeReady(crashed); !errors.Is(err, crashed) || fault.ClassOf(err) != "" {
		t.Errorf("a crash: %v", err)
	}
}

func TestRouter(t *testing.T) {
	r := NewRouter()
	to, changed := r.To()
	if to != nil {
		t.Fatal("frames go somewhere before anything is recorded")
	}
	target := &Target{Engine: "x11", Take: func(capture.Frame) {}}
	r.Show(target)
	select {
	case <-changed:
	default:
		t.Error("the change is not told")
	}
	if to, _ := r.To(); to != target {
		t.Errorf("frames go to %+v", to)
	}
}
