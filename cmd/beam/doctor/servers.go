package doctor

import (
	"context"
	"fmt"
	"time"

	"beam/capture"
	"beam/capture/pulse"
	"beam/capture/x11"
)

// server is what was seen of a program that serves a recording.
type server struct {
	Path     string
	FindErr  error
	Version  string // may be empty
	Took     time.Duration
	StartErr error
	NotTried string
}

func (s server) works() bool { return s.FindErr == nil && s.StartErr == nil && s.NotTried == "" }

// lookAtPulseAudio starts the sound server of a recording and ends it.
func lookAtPulseAudio(ctx context.Context, e *examination) server {
	var s server
	if s.Path, s.FindErr = pulse.Find(e.options.Tools.PulseAudio); s.FindErr != nil {
		return s
	}
	dir, err := e.folder("pulse")
	if err != nil {
		s.NotTried = noFolder
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	began := time.Now()
	p, err := pulse.Start(ctx, pulse.Options{Path: s.Path, Dir: dir, Log: e.log})
	if err != nil {
		s.StartErr = err
		return s
	}
	s.Took, s.Version = time.Since(began), p.Version()
	if err := p.Close(ctx); err != nil {
		e.log.Warn("pulseaudio did not close", "error", err)
	}
	return s
}

func judgePulseAudio(s server) Finding {
	f := Finding{ID: PulseAudio, Title: "PulseAudio", Status: OK, Data: map[string]any{"path": s.Path, "version": s.Version}}
	switch {
	case s.FindErr != nil:
		f.Status, f.Found, f.Data = Problem, oneLine(s.FindErr), nil
		f.Fix = "install it (Debian: apt-get install pulseaudio), or name another in BEAM_PULSEAUDIO"
	case s.StartErr != nil:
		f.Status, f.Found = Problem, oneLine(s.StartErr)
		f.Fix = fixFor(s.StartErr, "install it anew (Debian: apt-get install --reinstall pulseaudio); a daemon of your own need not run")
	case s.NotTried != "":
		f.Status, f.Found, f.Fix = Warning, fmt.Sprintf("%s; not started: %s", s.Path, s.NotTried), folderFix
	default:
		f.Found = fmt.Sprintf("PulseAudio %s, starts with a socket of its own in %.1f s (%s)", s.Version, s.Took.Seconds(), s.Path)
	}
	return f
}

// lookAtXvfb starts a display for size, sees whether its frames can be grabbed,
// and ends it.
func lookAtXvfb(ctx context.Context, e *examination, size capture.Size) server {
	var s server
	if s.Path, s.FindErr = x11.Find(e.options.Tools.Xvfb); s.FindErr != nil {
		return s
	}
	dir, err := e.folder("x11")
	if err != nil {
		s.NotTried = noFolder
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	began := time.Now()
	x, err := x11.Start(ctx, x11.Options{Path: s.Path, Dir: dir, Screen: x11.ScreenFor(size), Log: e.log})
	if err != nil {
		s.StartErr = err
		return s
	}
	s.Took = time.Since(began)
	grab, err := x.NewGrabber(ctx, x11.GrabOptions{Size: size, Log: e.log})
	if err != nil {
		s.StartErr = err
	} else if err := grab.Close(); err != nil {
		e.log.Warn("grabber did not close", "error", err)
	}
	if err := x.Close(ctx); err != nil {
		e.log.Warn("Xvfb did not close", "error", err)
	}
	return s
}

// judgeXvfb judges by the engine that is asked for: only x11 can't do without.
func judgeXvfb(s server, engine string) Finding {
	f := Finding{ID: Xvfb, Title: "Xvfb", Status: OK, Data: map[string]any{"path": s.Path}}
	bad := map[string]Status{"x11": Problem, "auto": Warning}[engine]
	if bad == "" {
		bad = OK
	}
	const without = "; frames then come from a screencast, which costs more"
	switch {
	case s.FindErr != nil:
		f.Status, f.Found, f.Data = bad, oneLine(s.FindErr), nil
		f.Fix = "install it (Debian: apt-get install xvfb), or name another in BEAM_XVFB"
	case s.StartErr != nil:
		f.Status, f.Found = bad, oneLine(s.StartErr)
		f.Fix = fixFor(s.StartErr, "install it anew (Debian: apt-get install --reinstall xvfb)")
	case s.NotTried != "":
		f.Status, f.Found, f.Fix = bad, fmt.Sprintf("%s; not started: %s", s.Path, s.NotTried), folderFix
	default:
		f.Found = fmt.Sprintf("starts in %.1f s, its frames can be grabbed (%s)", s.Took.Seconds(), s.Path)
		return f
	}
	switch f.Status {
	case OK:
		f.Fix = ""
		f.Found += "; not needed for --capture " + engine
	case Warning:
		f.Found += without
	case Problem:
		f.Fix += ", or use --capture screencast"
	}
	return f
}
