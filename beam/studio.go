package beam

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/capture/x11"
	"beam/layout"
)

// studio is what a recording is captured from: the sound server, the display
// where there is one, the browser and its page. Its methods may be called from
// any goroutine.
type studio struct {
	sourceOptions
	plan      layout.Plan
	messages  chan layout.Message // of a page that has been joined
	soundLost chan soundLoss

	serversAt time.Time // when the sound server and the display were there

	mu      sync.Mutex
	pulse   *pulse.Server
	renewed chan struct{} // closed when another sound server takes the place of pulse
	stalls  int           // of sound servers that were lost
	x11     *x11.Server
	grab    *x11.Grabber // of x11
	browser *chrome.Browser
	page    *chrome.Page
	joining chan layout.Message // of the page that is being joined; nil when none is
}

// sourceOptions say what a recording is captured from, and who is told of what
// the page says.
type sourceOptions struct {
	Tools        Tools
	Dir          func(name string) (string, error) // makes a private directory of a program
	Size         capture.Size
	Windowed     bool // Chrome has a window on an X display, for whichever engine
	ReadyTimeout time.Duration
	Name         string // of the recorder in the room
	Access       chrome.Access
	Steps        []chrome.Step
	Log          *slog.Logger

	// OnMessage gets each message of the page. It returns whether somebody has to
	// act on it: who waits for the page to be ready, or else the loop.
	OnMessage func(layout.Message) (act bool)
	OnConsole func(level, text string)
	OnRequest func(line string)
	// Presence tells whether the recorder is in the room, and whether anybody
	// there publishes anything.
	Presence func() (joined, publishing bool)
}

func newStudio(o sourceOptions) *studio {
	return &studio{sourceOptions: o, messages: make(chan layout.Message, 16), soundLost: make(chan soundLoss, 4)}
}

// How long each program of the studio has to end in order before it is killed:
// at the end, and when it was lost and the meeting goes on meanwhile.
const (
	closePatience = 5 * time.Second
	lostPatience  = 100 * time.Millisecond
)

// open starts the sound server, the display and the browser, the first two side
// by side. They live until hard ends: what they still hold is wanted when the
// recording is drained. Where a display is not needed, one that does not start
// is left out, and displayErr tells why.
func (s *studio) open(ctx, hard context.Context, needDisplay bool) (displayErr, err error) {
	var starting errgroup.Group
	starting.Go(func() error { return s.startSound(hard) })
	if s.Windowed {
		displayErr = s.startDisplay(hard)
	}
	if err := starting.Wait(); err != nil {
		return nil, err
	}
	if displayErr != nil {
		if needDisplay {
			return nil, displayErr
		}
		s.Windowed = false
	}
	s.serversAt = time.Now()
	return displayErr, s.launch(ctx)
}

// launchLimit is how long the browser may take to start: several times what it
// takes on a machine with ten others of its kind at work. One whose display
// hangs never does.
const launchLimit = 45 * time.Second

// launch starts the browser.
func (s *studio) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, launchLimit)
	defer cancel()
	dir, err := s.Dir("chrome")
	if err != nil {
		return err
	}
	s.mu.Lock()
	sound, display := s.pulse, s.x11
	s.mu.Unlock()
	o := chrome.Options{
		Path: s.Tools.Chrome, Dir: dir, Size: s.Size,
		PulseServer: sound.Addr(), Log: s.Log,
	}
	if display != nil {
		o.Display, o.XAuthority = display.Display(), display.XAuthority()
	}
	browser, err := chrome.Launch(ctx, o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.browser = browser
	return nil
}

// join opens the room and waits until it is ready. It returns why the page
// counts as ready.
func (s *studio) join(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.ReadyTimeout)
	defer cancel()
	joining := make(chan layout.Message, cap(s.messages))
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
		URL: s.plan.URL, Script: s.plan.Script, Timeout: s.ReadyTimeout,
		Access:    s.Access,
		IgnoreCSP: s.plan.Filtered,
		OnMessage: s.parse,
		OnConsole: func(level, text string) {
			s.OnConsole(level, text)
			if m, ok := layout.FromConsole(text); ok {
				s.tell(m)
			}
		},
		OnRequest: s.OnRequest,
	})
	if err != nil {
		return "", err
	}
	var reason string
	if err = page.DoAll(ctx, s.Steps); err == nil {
		reason, err = s.awaitReady(ctx, page, joining)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser == browser {
		s.page = page // also one that is not ready: its screenshot tells why
	}
	return reason, err
}

// awaitReady waits until the page has something to record.
func (s *studio) awaitReady(ctx context.Context, page *chrome.Page, joining <-chan layout.Message) (string, error) {
	waiting := ""
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
				case s.plan.Stage: // there is nobody to draw
				case s.plan.Custom: // it may still say when it begins
					loaded = time.After(pageBegins)
				default:
					return m.Text, nil
				}
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
				return "", s.neverReady(waiting)
			}
			return "", ctx.Err()
		}
	}
}

// pageBegins is how long a layout page that has loaded may take to say that it
// begins.
const pageBegins = 10 * time.Second

// neverReady is the fault of a page that was not ready in time.
func (s *studio) neverReady(waiting string) error {
	limit := s.ReadyTimeout
	joined, publishing := s.Presence()
	switch {
	case waiting != "":
		return &fault.Fault{Class: fault.ClassRoom, Op: "join the room",
			Err:  fmt.Errorf("nobody let the recorder in within %v: it is still in %s", limit, waiting),
			Hint: "admit the participant " + s.Name + ", open the waiting room, or raise --ready-timeout", Passing: true}
	case joined && !publishing, s.plan.Stage:
		return &fault.Fault{Class: fault.ClassEmpty, Op: "join the room",
			Err:  fmt.Errorf("no picture and no sound of anybody within %v", limit),
			Hint: "wait for somebody to publish with a longer --ready-timeout; a page without WebRTC is recorded with --layout native", Passing: true}
	}
	return &fault.Fault{Class: fault.ClassRoom, Op: "join the room",
		Err:  fmt.Errorf("the page was not ready within %v: no picture, no sound, and still loading or connecting", limit),
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

func (s *studio) parse(payload string) {
	m, err := layout.ParseMessage(payload)
	if err != nil {
		s.Log.Debug("message of the page dropped", "error", err)
		return
	}
	s.tell(m)
}

// tell passes a message on: what is known of the meeting is kept, the rest goes
// to whoever waits for the page. A page that floods Beam with messages loses the
// later ones.
func (s *studio) tell(m layout.Message) {
	if !s.OnMessage(m) {
		return
	}
	s.mu.Lock()
	to := s.messages
	if s.joining != nil {
		to = s.joining
	}
	s.mu.Unlock()
	select {
	case to <- m:
	default:
		s.Log.Debug("message of the page dropped: too many", "type", m.Type)
	}
}

// evaluate runs an expression on the page that is there.
func (s *studio) evaluate(ctx context.Context, expr string) ([]byte, error) {
	page := s.current()
	if page == nil {
		return nil, errors.New("no page")
	}
	return page.Evaluate(ctx, expr)
}

// setLayout changes what is on the screen.
func (s *studio) setLayout(ctx context.Context, name string) error {
	page := s.current()
	if page == nil {
		return errors.New("the browser is being started again; try again in some seconds")
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	value, err := page.Evaluate(ctx, layout.Command(name))
	if err != nil {
		return err
	}
	var answer string
	if err := json.Unmarshal(value, &answer); err != nil || answer != "ok" {
		return fmt.Errorf("the page did not change its layout: %s", cmp.Or(answer, "it can't"))
	}
	return nil
}

// screenshot returns the page as it is, PNG.
func (s *studio) screenshot(ctx context.Context) ([]byte, error) {
	page := s.current()
	if page == nil {
		return nil, &capture.Fault{Class: capture.ClassBrowser, Op: "take a screenshot", Err: errors.New("there is no page")}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), screenshotLimit)
	defer cancel()
	return page.Screenshot(ctx)
}

// versions returns those of the programs.
func (s *studio) versions() map[string]string {
	server, _ := s.sound()
	v := map[string]string{"pulseaudio": server.Version()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser != nil {
		v["chrome"] = s.browser.Version()
	}
	return v
}

// current returns the page that is recorded, nil while none is.
func (s *studio) current() *chrome.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page
}

// browserPID returns the browser's process id, 0 while there is none.
func (s *studio) browserPID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser == nil {
		return 0
	}
	return s.browser.PID()
}

// closeBrowser ends the browser, where there is one.
func (s *studio) closeBrowser(ctx context.Context, patience time.Duration) {
	s.mu.Lock()
	browser := s.browser
	s.browser, s.page = nil, nil
	s.mu.Unlock()
	if browser == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := browser.Close(ctx); err != nil {
		s.Log.Warn("browser did not close in order", "error", err)
	}
}

// close ends all programs of the studio, also after ctx has ended.
func (s *studio) close(ctx context.Context) {
	s.closeBrowser(ctx, closePatience)
	s.closeDisplay(ctx, closePatience)
	s.closeSound(ctx, closePatience)
}
