package source

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/capture/x11"
	"beam/layout"
)

// Source is what a recording is captured from: the sound server, the display
// where there is one, the browser and its page. Its methods may be called from
// any goroutine.
type Source struct {
	Options
	Plan       layout.Plan
	Messages   chan layout.Message // of a page that has been joined
	soundLost  chan soundLoss
	errorPages chan struct{} // the browser shows a page of its own that tells of an error

	ServersAt time.Time // when the sound server and the display were there

	mu      sync.Mutex
	pulse   *pulse.Server
	renewed chan struct{} // closed when another sound server takes the place of pulse
	stalls  int           // of sound servers that were lost
	x11     *x11.Server
	grab    *x11.Grabber // of x11
	browser *chrome.Browser
	page    *chrome.Page
	refused map[string]bool     // hosts that the page was not led to
	failed  []byte              // a screenshot of the last page that could not be opened
	chosen  map[string]string   // what the page was told to do while recording, by its kind
	joining chan layout.Message // of the page that is being joined; nil when none is
}

// Options say what a recording is captured from, and who is told of what
// the page says.
type Options struct {
	Chrome, PulseAudio, Xvfb string                            // paths
	Dir                      func(name string) (string, error) // makes a private directory of a program
	Size                     capture.Size
	Windowed                 bool // Chrome has a window on an X display, for whichever engine
	ReadyTimeout             time.Duration
	Name                     string // of the recorder in the room
	Access                   chrome.Access
	SilentDevices            bool
	DevicesAuto              bool // a page that wants devices, and has nothing to record without, gets the silent ones
	CAFile                   string
	IgnoreHTTPSErrors        bool
	AllowHosts               []string // of the recorder's surroundings, that the page may lead to
	Steps                    []chrome.Step
	Log                      *slog.Logger

	// OnMessage gets each message of the page. It returns whether somebody has to
	// act on it: who waits for the page to be ready, or else the loop.
	OnMessage func(layout.Message) (act bool)
	// OnMedia gets the frames of the page's tracks, where the plan asks for them.
	OnMedia   func(layout.MediaBatch)
	OnConsole func(level, text string)
	OnRequest func(line string)
	OnNotice  func(format string, args ...any) // gets what the user should know of the page
	OnForeign func()                           // is told, again and again, that a frame of another origin has media
	// Presence tells whether the recorder is in the room, and whether anybody
	// there publishes anything.
	Presence func() (joined, publishing bool)
}

// New returns a source of which nothing has been started.
func New(o Options) *Source {
	return &Source{Options: o, Messages: make(chan layout.Message, 16), soundLost: make(chan soundLoss, 4), errorPages: make(chan struct{}, 1)}
}

// How long each program of the source has to end in order before it is killed:
// at the end, and when it was lost and the meeting goes on meanwhile.
const (
	closePatience = 5 * time.Second
	LostPatience  = 100 * time.Millisecond
)

// Open starts the sound server, the display and the browser, the first two side
// by side. They live until hard ends: what they still hold is wanted when the
// recording is drained. Where a display is not needed, one that does not start
// is left out, and displayErr tells why.
func (s *Source) Open(ctx, hard context.Context, needDisplay bool) (displayErr, err error) {
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
	s.ServersAt = time.Now()
	return displayErr, s.Launch(ctx)
}

// launchLimit is how long the browser may take to start: several times what it
// takes on a machine with ten others of its kind at work. One whose display
// hangs never does.
const launchLimit = 45 * time.Second

// Launch starts the browser.
func (s *Source) Launch(ctx context.Context) error {
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
		Path: s.Chrome, Dir: dir, Size: s.Size,
		PulseServer: sound.Addr(), Log: s.Log,
		SilentDevices: s.SilentDevices, CAFile: s.CAFile, IgnoreHTTPSErrors: s.IgnoreHTTPSErrors,
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

func (s *Source) parse(from chrome.Sender, payload string) {
	if s.Plan.Tracks && layout.IsMedia(payload) {
		s.media(from, payload)
		return
	}
	m, err := layout.ParseMessage(payload)
	if err != nil {
		s.Log.Debug("message of the page dropped", "error", err)
		return
	}
	if from == chrome.SenderForeign {
		var ok bool
		if m, ok = m.FromOtherOrigin(); !ok {
			s.Log.Debug("message of a foreign frame dropped", "type", m.Type)
			return
		}
		s.OnForeign()
	}
	s.deliver(m)
}

// media passes frames on. Whose those of a foreign frame are nobody can tell.
func (s *Source) media(from chrome.Sender, payload string) {
	batch, err := layout.ParseMedia(payload)
	if err != nil || from == chrome.SenderForeign {
		s.Log.Debug("media of the page dropped", "from", from, "error", err)
		return
	}
	s.OnMedia(batch)
}

// deliver passes a message on: what is known of the meeting is kept, the rest goes
// to whoever waits for the page. A page that floods Beam with messages loses the
// later ones.
func (s *Source) deliver(m layout.Message) {
	if !s.OnMessage(m) {
		return
	}
	s.mu.Lock()
	to := s.Messages
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

// Evaluate runs an expression on the page that is there.
func (s *Source) Evaluate(ctx context.Context, expr string) ([]byte, error) {
	page := s.current()
	if page == nil {
		return nil, errors.New("no page")
	}
	return page.Evaluate(ctx, expr)
}

// SetLayout changes what is on the screen.
func (s *Source) SetLayout(ctx context.Context, name string) error {
	return s.command(ctx, "layout", layout.Command(name), "change its layout")
}

// SetFilter changes who is recorded.
func (s *Source) SetFilter(ctx context.Context, f layout.Filter) error {
	return s.command(ctx, "filter", layout.FilterCommand(f), "change who is recorded")
}

// command has the page do something, with all the frames in it, and each document that
// takes its place, also when the room is joined again: nobody who was left out is to be
// seen or heard until somebody remembers.
func (s *Source) command(ctx context.Context, kind, expression, what string) error {
	page := s.current()
	if page == nil {
		return errors.New("the browser is being started again; try again in some seconds")
	}
	ctx, cancel := context.WithTimeout(ctx, layoutLimit)
	defer cancel()
	value, err := page.Evaluate(ctx, expression)
	if err != nil {
		return err
	}
	var answer string
	if err := json.Unmarshal(value, &answer); err != nil || answer != "ok" {
		return fmt.Errorf("the page did not %s: %s", what, cmp.Or(answer, "it can't"))
	}
	s.mu.Lock()
	if s.chosen == nil {
		s.chosen = map[string]string{}
	}
	s.chosen[kind] = expression
	s.mu.Unlock()
	// In this order, so that no frame comes in between.
	if err := page.EachDocument(ctx, kind, expression); err != nil {
		return err
	}
	return page.EachOtherFrame(ctx, expression)
}

// script returns what each document of a page runs that is joined now.
func (s *Source) script() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	script := s.Plan.Script
	for _, kind := range slices.Sorted(maps.Keys(s.chosen)) {
		script += ";" + s.chosen[kind] + ";\n"
	}
	return script
}

// filtered tells whether people are left out, or were since the recording began.
func (s *Source) filtered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Plan.Filtered || s.Plan.Tracks || s.chosen["filter"] != ""
}

// layoutLimit bounds the wait for a page that is asked to change its layout.
const layoutLimit = 10 * time.Second

// screenshotLimit bounds the wait for a page that may hang.
const screenshotLimit = 5 * time.Second

// Screenshot returns the page as it is, PNG.
func (s *Source) Screenshot(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	page, failed := s.page, s.failed
	s.mu.Unlock()
	switch {
	case page == nil && failed != nil:
		return failed, nil
	case page == nil:
		return nil, &capture.Fault{Class: capture.ClassBrowser, Op: "take a screenshot", Err: errors.New("there is no page")}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), screenshotLimit)
	defer cancel()
	return page.Screenshot(ctx)
}

// Versions returns those of the programs.
func (s *Source) Versions() map[string]string {
	server, _ := s.SoundServer()
	v := map[string]string{"pulseaudio": server.Version()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser != nil {
		v["chrome"] = s.browser.Version()
	}
	return v
}

// current returns the page that is recorded, nil while none is.
func (s *Source) current() *chrome.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page
}

// BrowserPID returns the browser's process id, 0 while there is none.
func (s *Source) BrowserPID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.browser == nil {
		return 0
	}
	return s.browser.PID()
}

// CloseBrowser ends the browser, where there is one.
func (s *Source) CloseBrowser(ctx context.Context, patience time.Duration) {
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

// Close ends all programs of the source, also after ctx has ended.
func (s *Source) Close(ctx context.Context) {
	s.CloseBrowser(ctx, closePatience)
	s.closeDisplay(ctx, closePatience)
	s.closeSound(ctx, closePatience)
}
