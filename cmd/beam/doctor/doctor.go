package doctor

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beam/beam"
)

// Options say what to examine the machine for.
type Options struct {
	// Config is the recording that the machine is to be fit for. Of it,
	// Resolution, Orientation, FPS, FPSMode, Capture, AudioOnly and MaxDuration
	// count.
	Config beam.Config
	// Folder is that of the output; it is written to, and left as it was.
	Folder string
	// Tools are the programs to look at; empty means to look in PATH.
	Tools   beam.Tools
	TempDir string        // "" for the system's
	Quick   bool          // make no recording
	Sync    bool          // measure the lip sync of WebRTC content too
	Length  time.Duration // of the recordings
}

// examination is one run.
type examination struct {
	options  Options
	settings beam.Settings
	log      *slog.Logger
	private  string // "" where none could be made
	all      []Finding
	each     func(Finding)
}

// folder makes a folder in the private one.
func (e *examination) folder(name string) (string, error) {
	if e.private == "" {
		return "", os.ErrNotExist
	}
	path := filepath.Join(e.private, name)
	return path, os.MkdirAll(path, 0o700)
}

func (e *examination) add(f Finding) {
	e.all = append(e.all, f)
	e.each(f)
}

// Run examines the machine and calls each with every finding as it is made, all
// of which it returns. It starts the programs of a recording, and unless
// Options.Quick makes one of Options.Length with each engine that there is, or
// the one that was asked for; what they leave is removed. The clips of the demo
// room, where they have to be made, stay in the user's cache.
//
// stop and hard are those of beam.Record; when stop ends, so does Run, with
// stop's cause. Its error is also a fault of the class usage for Options that
// can't be. What is wrong with the machine is no error: see Verdict.
func Run(stop, hard context.Context, o Options, log *slog.Logger, each func(Finding)) ([]Finding, error) {
	e := &examination{options: o, log: log, each: each}
	err := e.run(stop, hard)
	return e.all, err
}

func (e *examination) run(ctx, hard context.Context) error {
	o := e.options
	if o.TempDir == "" {
		e.options.TempDir = os.TempDir()
	}
	var err error
	if e.settings, err = o.Config.CheckVideo(); err != nil {
		return err
	}
	private, remove, err := beam.PrivateFolder(e.options.TempDir)
	if err == nil {
		e.private = private
		defer func() {
			if err := remove(); err != nil {
				e.log.Warn("private folder not removed", "error", err)
			}
		}()
	}
	e.add(judgeTemp(lookAtFolder(e.options.TempDir), err))

	b := lookAtChrome(ctx, e)
	if err := context.Cause(ctx); err != nil {
		return err // what ended it is no finding
	}
	e.add(judgeChrome(b))
	e.add(judgeSandbox(lookAtSandbox(b)))
	f := lookAtFFmpeg(ctx, e)
	p := lookAtPulseAudio(ctx, e)
	x := lookAtXvfb(ctx, e, e.settings.Size)
	fonts := lookAtFonts(ctx)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	e.add(judgeFFmpeg(f))
	e.add(judgePulseAudio(p))
	e.add(judgeXvfb(x, e.settings.Capture))
	e.add(judgeFonts(fonts))

	choice, err := e.settings.Choose(ctx, x.works())
	if err != nil {
		return err
	}
	e.add(judgeSharedMemory(lookAtSharedMemory()))
	e.add(judgeCores(choice, e.settings, x.works()))
	e.add(judgeMemory(lookAtMemory()))
	e.add(judgeDisk(lookAtFolder(o.Folder), beam.MostBits(e.settings.Size, e.settings.FPS), e.settings.MaxDuration))
	e.add(judgeClock(lookAtClock()))
	if o.Quick {
		return nil
	}
	return e.trials(ctx, hard, choice, x.works())
}

// inTheWay returns the titles of the topics without which no recording can be
// tried.
func inTheWay(all []Finding) []string {
	var titles []string
	for _, f := range all {
		switch f.ID {
		case Temp, Chrome, Sandbox, FFmpeg, PulseAudio:
			if f.Status == Problem {
				titles = append(titles, f.Title)
			}
		}
	}
	return titles
}

// engines returns the engines to try: the one that was asked for, or with auto
// all that there are.
func engines(asked string, xvfb bool) []string {
	switch {
	case asked != beam.EngineAuto:
		return []string{asked}
	case xvfb:
		return []string{beam.EngineScreencast, beam.EngineX11}
	}
	return []string{beam.EngineScreencast}
}

// trials makes the recordings.
func (e *examination) trials(ctx, hard context.Context, choice beam.Choice, xvfb bool) error {
	if titles := inTheWay(e.all); len(titles) > 0 {
		e.add(Finding{ID: Recording, Title: "trial", Status: Warning,
			Found: "no recording was tried, because of: " + strings.Join(titles, ", "), Fix: "put that right first, and run beam doctor again"})
		return nil
	}
	for _, engine := range engines(e.settings.Capture, xvfb) {
		if engine == beam.EngineX11 && !xvfb {
			continue // its finding has told
		}
		t := e.recordTiming(ctx, hard, engine)
		if err := context.Cause(ctx); err != nil {
			return err
		}
		id := Screencast
		if engine == beam.EngineX11 {
			id = X11
		}
		e.add(judgeTiming(id, t))
	}
	if e.options.Sync && (choice.Engine != beam.EngineX11 || xvfb) {
		t := e.recordLipSync(ctx, hard, choice.Engine)
		if err := context.Cause(ctx); err != nil {
			return err
		}
		e.add(judgeLipSync(t))
	}
	return nil
}
