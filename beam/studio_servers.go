package beam

import (
	"context"
	"time"

	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/pulse"
	"beam/capture/x11"
)

// startSound starts a sound server, or another one in the place of a lost one.
// It lives until ctx ends.
func (s *studio) startSound(ctx context.Context) error {
	dir, err := s.work.sub("pulse")
	if err != nil {
		return err
	}
	server, err := pulse.Start(ctx, pulse.Options{Path: s.tools.PulseAudio, Dir: dir, Log: s.log})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulse = server
	return nil
}

// startDisplay does the same for the display.
func (s *studio) startDisplay(ctx context.Context) error {
	dir, err := s.work.sub("x11")
	if err != nil {
		return err
	}
	s.mu.Lock()
	lost := s.x11
	s.mu.Unlock()
	s.closeServers(ctx, lost, nil)
	server, err := x11.Start(ctx, x11.Options{Path: s.tools.Xvfb, Dir: dir, Screen: x11.ScreenFor(s.settings.Size), Log: s.log})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.x11 = server
	return nil
}

// closeServers ends what is not nil.
func (s *studio) closeServers(ctx context.Context, display *x11.Server, sound *pulse.Server) {
	if display != nil {
		if err := display.Close(ctx); err != nil {
			s.log.Warn("Xvfb did not close in order", "error", err)
		}
	}
	if sound != nil {
		if err := sound.Close(ctx); err != nil {
			s.log.Warn("PulseAudio did not close in order", "error", err)
		}
	}
}

// listen hands the sound of the sink to emit until ctx ends or the server is
// lost.
func (s *studio) listen(ctx context.Context, emit func(capture.Samples)) error {
	return s.server().Record(ctx, emit)
}

func (s *studio) server() *pulse.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pulse
}

// renewSound puts a new sound server in the place of a lost one. The browser
// does not change over to it, so it is closed, and its page thereby lost.
func (s *studio) renewSound(ctx context.Context) error {
	lost := s.server()
	s.closeServers(ctx, nil, lost)
	s.mu.Lock()
	s.stalls += lost.Stats().Stalls
	s.mu.Unlock()
	if err := s.startSound(ctx); err != nil {
		return err
	}
	s.closeBrowser(ctx)
	return nil
}

// soundStalls returns how often a sound server gave nothing for a while.
func (s *studio) soundStalls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stalls + s.pulse.Stats().Stalls
}

func (s *studio) soundPID() int { return s.server().PID() }

func (s *studio) displayServer() *x11.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.x11
}

func (s *studio) displayPID() int { return s.displayServer().PID() }

// displayLost tells whether there was a display and it has ended.
func (s *studio) displayLost() bool {
	display := s.displayServer()
	if display == nil {
		return false
	}
	select {
	case <-display.Done():
		return true
	default:
		return false
	}
}

// awaitDisplay waits, where the display was lost, until the page has been
// joined again on another one.
func (s *studio) awaitDisplay(ctx context.Context) error {
	if !s.displayLost() {
		return nil
	}
	fault := s.displayServer().Err()
	ctx, cancel := context.WithTimeout(ctx, 2*s.settings.ReadyTimeout)
	defer cancel()
	s.mu.Lock()
	page, joined := s.page, s.joined
	s.mu.Unlock()
	if page != nil {
		// Chrome goes with the display; until then its page seems to be there.
		select {
		case <-page.Lost():
		case <-ctx.Done():
			return fault
		}
		joined = s.nextPage(ctx, page)
	}
	select {
	case <-joined:
		return nil
	case <-ctx.Done():
		return fault
	}
}

// nextPage waits until a lost page has been given up, and returns what is closed
// when there is another.
func (s *studio) nextPage(ctx context.Context, lost *chrome.Page) chan struct{} {
	for {
		s.mu.Lock()
		page, joined := s.page, s.joined
		s.mu.Unlock()
		if page != lost || ctx.Err() != nil {
			return joined
		}
		select {
		case <-ctx.Done():
		case <-time.After(controlTick):
		}
	}
}
