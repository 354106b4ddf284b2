package source

import (
	"context"
	"time"

	"beam/beam/fault"
	"beam/capture"
	"beam/capture/pulse"
	"beam/capture/x11"
)

// startSound starts a sound server, or another one in the place of a lost one.
// It lives until ctx ends.
func (s *Source) startSound(ctx context.Context) error {
	dir, err := s.Dir("pulse")
	if err != nil {
		return err
	}
	server, err := pulse.Start(ctx, pulse.Options{Path: s.PulseAudio, Dir: dir, Log: s.Log})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pulse = server
	if s.renewed != nil {
		close(s.renewed)
	}
	s.renewed = make(chan struct{})
	return nil
}

// startDisplay starts a display and connects the grabber to it. Both live until
// ctx ends.
func (s *Source) startDisplay(ctx context.Context) error {
	dir, err := s.Dir("x11")
	if err != nil {
		return err
	}
	server, err := x11.Start(ctx, x11.Options{Path: s.Xvfb, Dir: dir, Screen: x11.ScreenFor(s.Size), Log: s.Log})
	if err != nil {
		return err
	}
	grab, err := server.NewGrabber(ctx, x11.GrabOptions{Size: s.Size, Log: s.Log})
	s.mu.Lock()
	s.x11, s.grab = server, grab
	s.mu.Unlock()
	if err != nil {
		s.closeDisplay(ctx, LostPatience)
	}
	return err
}

// closeDisplay ends the display and its grabber, where there is one; a display
// that has not ended after patience is killed.
func (s *Source) closeDisplay(ctx context.Context, patience time.Duration) {
	s.mu.Lock()
	server, grab := s.x11, s.grab
	s.x11, s.grab = nil, nil
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if grab != nil {
		if err := grab.Close(); err != nil {
			s.Log.Debug("grabber did not close in order", "error", err)
		}
	}
	if server != nil {
		if err := server.Close(ctx); err != nil {
			s.Log.Warn("Xvfb did not close in order", "error", err)
		}
	}
}

// closeSound ends the sound server in the same way; its figures stay.
func (s *Source) closeSound(ctx context.Context, patience time.Duration) {
	server, _ := s.SoundServer()
	if server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Close(ctx); err != nil {
		s.Log.Warn("PulseAudio did not close in order", "error", err)
	}
}

// SoundServer returns the sound server, and what is closed when another one takes its
// place.
func (s *Source) SoundServer() (*pulse.Server, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pulse, s.renewed
}

// Listen hands the audio of the sink to emit until ctx ends. A sound server that
// is lost is a loss for the keeper; it goes on with the one that takes its place.
// last returns the capture time of the end of what has come.
func (s *Source) Listen(ctx context.Context, emit func(capture.Samples), last func() capture.Time) {
	for {
		server, renewed := s.SoundServer()
		err := server.Record(ctx, emit)
		if ctx.Err() != nil {
			return
		}
		select {
		case s.soundLost <- soundLoss{server: server, since: last(), err: fault.First(err, ErrEnded("the sound server"))}:
		default: // that of one that is lost already waits to be repaired
		}
		select {
		case <-renewed:
		case <-ctx.Done():
			return
		}
	}
}

// SoundStalls returns how often a sound server gave nothing for a while.
func (s *Source) SoundStalls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stalls + s.pulse.Stats().Stalls
}

// SoundPID returns the process id of the sound server, 0 while there is none.
func (s *Source) SoundPID() int {
	server, _ := s.SoundServer()
	if server == nil {
		return 0
	}
	return server.PID()
}

// Display returns the display and its grabber, nil where there is none.
func (s *Source) Display() (*x11.Server, *x11.Grabber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.x11, s.grab
}

// DisplayPID returns the process id of the display, 0 where there is none.
func (s *Source) DisplayPID() int {
	server, _ := s.Display()
	if server == nil {
		return 0
	}
	return server.PID()
}

// renewSound puts a new sound server in the place of a lost one. The browser
// does not change over to it and has to be closed before.
func (s *Source) renewSound(ctx context.Context) error {
	lost, _ := s.SoundServer()
	s.closeSound(ctx, LostPatience)
	if err := s.startSound(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalls += lost.Stats().Stalls
	return nil
}

// renewDisplay puts a new display in the place of a lost one; the browser goes
// with the old one and has to be closed before.
func (s *Source) renewDisplay(ctx context.Context) error {
	s.closeDisplay(ctx, LostPatience)
	return s.startDisplay(ctx)
}
