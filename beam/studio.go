package beam

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/capture/x11"
	"beam/layout"
)

// studio is what a recording is captured from: the sound server, the display
// where there is one, the browser and its page.
type studio struct {
	settings Settings
	tools    Tools
	display  bool // with an X display
	work     *workDir
	log      *slog.Logger
	messages chan layout.Message

	pulse *pulse.Server
	x11   *x11.Server

	mu      sync.Mutex
	browser *chrome.Browser
	page    *chrome.Page
}

// closeTimeout is how long each program of the studio has to end in order
// before it is killed.
const closeTimeout = 5 * time.Second

// open starts the sound server, the display and the browser. The first two live
// until hard ends: what they still hold is wanted when the recording is drained.
func (s *studio) open(ctx, hard context.Context) error {
	dir, err := s.work.sub("pulse")
	if err != nil {
		return err
	}
	if s.pulse, err = pulse.Start(hard, pulse.Options{Path: s.tools.PulseAudio, Dir: dir, Log: s.log}); err != nil {
		return err
	}
	if s.display {
		if dir, err = s.work.sub("x11"); err != nil {
			return err
		}
		s.x11, err = x11.Start(hard, x11.Options{Path: s.tools.Xvfb, Dir: dir, Screen: x11.ScreenFor(s.settings.Size), Log: s.log})
		if err != nil {
			return err
		}
	}
	return s.launch(ctx)
}

// launch starts the browser.
func (s *studio) launch(ctx context.Context) error {
	dir, err := s.work.sub("chrome")
	if err != nil {
		return err
	}
	o := chrome.Options{
		Path: s.tools.Chrome, Dir: dir, Size: s.settings.Size,
		PulseServer: s.pulse.Addr(), Log: s.log,
	}
	if s.x11 != nil {
		o.Display, o.XAuthority = s.x11.Display(), s.x11.XAuthority()
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
func (s *studio) join(ctx context.Context, plan layout.Plan) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.settings.ReadyTimeout)
	defer cancel()
	page, err := s.browser.Open(ctx, chrome.OpenOptions{
		URL: plan.URL, Script: plan.Script, Timeout: s.settings.ReadyTimeout,
		OnMessage: s.onMessage,
		OnConsole: func(_, text string) {
			if m, ok := layout.FromConsole(text); ok {
				s.tell(m)
			}
		},
	})
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.page = page
	s.mu.Unlock()
	for {
		select {
		case m := <-s.messages:
			switch m.Type {
			case layout.MessageReady:
				return m.Text, nil
			case layout.MessageFail:
				return "", &Fault{Class: ClassRoom, Op: "join the room", Err: fmt.Errorf("the page says: %s", m.Text)}
			case layout.MessageStop:
				return "", &Fault{Class: ClassRoom, Op: "join the room", Err: fmt.Errorf("the page asked to stop before it was ready: %s", m.Text)}
			}
		case <-page.Lost():
			return "", lostBeforeReady(page.Err())
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return "", &Fault{Class: ClassRoom, Op: "join the room",
					Err:  fmt.Errorf("the page was not ready within %v: no picture, no sound, and still loading or connecting", s.settings.ReadyTimeout),
					Hint: "open the URL in a browser to see what it waits for (a lobby, a login, somebody to publish), or raise --ready-timeout"}
			}
			return "", ctx.Err()
		}
	}
}

// lostBeforeReady turns the loss of a page that was never ready into a fault
// of the room: to the user it is the room that didn't work.
func lostBeforeReady(err error) error {
	if errors.Is(err, chrome.ErrPageClosed) {
		return &Fault{Class: ClassRoom, Op: "join the room", Err: err,
			Hint: "the page called window.close() while it was loading; it may want a login or another browser"}
	}
	return err
}

func (s *studio) onMessage(payload string) {
	m, err := layout.ParseMessage(payload)
	if err != nil {
		s.log.Debug("message of the page dropped", "error", err)
		return
	}
	s.tell(m)
}

// tell passes a message on. A page that floods Beam with messages loses the
// later ones.
func (s *studio) tell(m layout.Message) {
	select {
	case s.messages <- m:
	default:
		s.log.Debug("message of the page dropped: too many", "type", m.Type)
	}
}

// current returns the page that is recorded.
func (s *studio) current() *chrome.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page
}

// rejoin puts a new browser in the place of a lost one, and joins again.
func (s *studio) rejoin(ctx context.Context, plan layout.Plan) error {
	s.closeBrowser(ctx)
	if err := s.launch(ctx); err != nil {
		return err
	}
	_, err := s.join(ctx, plan)
	return err
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

func (s *studio) closeBrowser(ctx context.Context) {
	s.mu.Lock()
	browser := s.browser
	s.browser, s.page = nil, nil
	s.mu.Unlock()
	if browser == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := browser.Close(ctx); err != nil {
		s.log.Warn("browser did not close in order", "error", err)
	}
}

// close ends all programs of the studio, also after ctx has ended.
func (s *studio) close(ctx context.Context) {
	s.closeBrowser(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if s.x11 != nil {
		if err := s.x11.Close(ctx); err != nil {
			s.log.Warn("Xvfb did not close in order", "error", err)
		}
	}
	if s.pulse != nil {
		if err := s.pulse.Close(ctx); err != nil {
			s.log.Warn("PulseAudio did not close in order", "error", err)
		}
	}
}
