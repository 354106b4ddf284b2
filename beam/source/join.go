package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/capture/chrome"
	"beam/layout"
)

// Join opens the room and waits until it is ready. It returns why the page
// counts as ready. A page that has nothing to record without devices is joined
// once more with silent ones, where that is wanted.
func (s *Source) Join(ctx context.Context) (string, error) {
	reason, err := s.joinOnce(ctx)
	if !errors.Is(err, errWantsDevices) {
		return reason, err
	}
	s.OnNotice("the page wants a microphone or a camera: it gets a silent microphone and a black camera")
	s.SilentDevices = true // only who joins asks for it
	s.CloseBrowser(ctx, LostPatience)
	if err := s.Launch(ctx); err != nil {
		return "", err
	}
	return s.joinOnce(ctx)
}

func (s *Source) joinOnce(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.ReadyTimeout)
	defer cancel()
	joining := make(chan layout.Message, cap(s.Messages))
	s.mu.Lock()
	s.joining = joining
	browser := s.browser
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.joining = nil
	}()
	page, err := browser.Open(ctx, chrome.OpenOptions{
		URL: s.Plan.URL, Script: s.script(), Timeout: s.ReadyTimeout,
		Access:        s.Access,
		IgnoreCSP:     s.filtered(),
		OnMessageFrom: s.parse,
		OnConsoleCall: func(c chrome.ConsoleCall) {
			s.OnConsole(c.Level, c.Text)
			// On any other page the words may be a chat message that it logs.
			if !s.Plan.Custom || c.From != chrome.SenderMain {
				return
			}
			if m, ok := layout.FromConsole(c.Args...); ok {
				s.deliver(m)
			}
		},
		OnRequest: s.OnRequest, OnDocument: s.document, AllowHosts: s.AllowHosts,
		OnRefused: func(host string) {
			if !s.firstRefusal(host) {
				return
			}
			s.OnNotice("the page wanted to lead the browser to %s, which is not on the Internet; --allow-host %s lets it", host, host)
		},
		OnFailed: func(screenshot []byte) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.failed = screenshot
		},
	})
	if err != nil {
		return "", err
	}
	var reason string
	if err = page.DoAll(ctx, s.Steps); err == nil {
		reason, err = s.awaitReady(ctx, page, joining)
	}
	if err = s.askDevices(ctx, page, reason, err); err != nil {
		reason = ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser == browser {
		s.page = page // also one that is not ready: its screenshot tells why
	}
	return reason, err
}

// firstRefusal tells whether a host is refused for the first time: a page may try
// again and again.
func (s *Source) firstRefusal(host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused == nil {
		s.refused = map[string]bool{}
	}
	again := s.refused[host]
	s.refused[host] = true
	return !again
}

// awaitReady waits until the page has something to record.
func (s *Source) awaitReady(ctx context.Context, page *chrome.Page, joining <-chan layout.Message) (string, error) {
	waiting := ""
	shown, waitsFor := false, "" // the page has loaded and shows something, but waits for something
	var loaded <-chan time.Time
	for {
		select {
		case <-loaded:
			return layout.ReadyLoaded, nil
		case m := <-joining:
			switch m.Type {
			case layout.MessageReady:
				switch {
				case m.Text != layout.ReadyLoaded:
					return m.Text, nil
				case s.Plan.Stage: // there is nobody to draw
				case s.Plan.Custom: // it may still say when it begins
					loaded = time.After(pageBegins)
				default:
					return m.Text, nil
				}
			case layout.MessageOpened:
				shown, waitsFor, loaded = false, "", nil
			case layout.MessageLoaded:
				shown, waitsFor = true, m.Text
			case layout.MessageWaiting:
				waiting = cmp.Or(m.Text, "the waiting room")
			case layout.MessageJoined:
				waiting = ""
			case layout.MessageEnded, layout.MessageKicked:
				return "", &endedError{m}
			case layout.MessageFail:
				return "", &fault.Fault{Class: fault.ClassRoom, Op: "join the room", Err: fmt.Errorf("the page says: %s", m.Text)}
			case layout.MessageRefused:
				return "", &fault.Fault{Class: fault.ClassRoom, Op: "join the room", Err: fmt.Errorf("the room refused the recorder: %s", m.Text),
					Hint: "check the link, the token and whether the room is full or locked"}
			case layout.MessageStop:
				return "", &fault.Fault{Class: fault.ClassRoom, Op: "join the room", Err: fmt.Errorf("the page asked to stop before it was ready: %s", m.Text)}
			}
		case <-page.Lost():
			return "", lostBeforeReady(page.Err())
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				// What a person would see is recorded, on a page that nobody knows.
				if shown && waiting == "" && s.Plan.Unknown && !s.Plan.Stage {
					return loadedOnly(waitsFor), nil
				}
				return "", s.neverReady(waiting)
			}
			return "", ctx.Err()
		}
	}
}

// loadedOnly is why a page counts as ready that waits for something.
func loadedOnly(waitsFor string) string {
	if waitsFor == "" {
		return layout.ReadyLoaded
	}
	return layout.ReadyLoaded + "; it still waits: " + waitsFor
}

// LoadedOnly tells whether a page is recorded although it waits for something.
func LoadedOnly(reason string) bool { return strings.HasPrefix(reason, layout.ReadyLoaded+";") }

// pageBegins is how long a layout page that has loaded may take to say that it
// begins.
const pageBegins = 10 * time.Second

// neverReady is the fault of a page that was not ready in time.
func (s *Source) neverReady(waiting string) error {
	limit := s.ReadyTimeout
	joined, publishing := s.Presence()
	switch {
	case waiting != "":
		return &fault.Fault{Class: fault.ClassRoom, Op: "join the room",
			Err:  fmt.Errorf("nobody let the recorder in within %v: it is still in %s", limit, waiting),
			Hint: "admit the participant " + s.Name + ", open the waiting room, or raise --ready-timeout", Passing: true}
	case joined && !publishing, s.Plan.Stage:
		return &fault.Fault{Class: fault.ClassEmpty, Op: "join the room",
			Err:  fmt.Errorf("no video and no audio of anybody within %v", limit),
			Hint: "wait for somebody to publish with a longer --ready-timeout; a page without WebRTC is recorded with --layout native", Passing: true}
	}
	return &fault.Fault{Class: fault.ClassRoom, Op: "join the room",
		Err:  fmt.Errorf("the page was not ready within %v: no video, no audio, and still loading or connecting", limit),
		Hint: "open the URL in a browser to see what it waits for (a lobby, a login, somebody to publish), or raise --ready-timeout", Passing: true}
}

// lostBeforeReady turns the loss of a page that was never ready into a fault
// of the room: to the user it is the room that didn't work.
func lostBeforeReady(err error) error {
	if errors.Is(err, chrome.ErrPageClosed) {
		return &fault.Fault{Class: fault.ClassRoom, Op: "join the room", Err: err,
			Hint: "the page called window.close() while it was loading; it may want a login or another browser"}
	}
	return err
}
