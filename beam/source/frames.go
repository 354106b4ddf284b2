package source

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
	"beam/beam/sizing"
	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/x11"
)

// Framer captures the frames of the page for whichever segment is recorded.
type Framer struct {
	Source *Source
	Router *Router
	Pace   *Pacer
	Late   *Lateness
	FPS    int
	Begin  func()                  // called when a source of frames begins
	Ask    func(to, reason string) // asks for the frames of another engine
}

// Capture captures the page's frames for whichever segment is recorded,
// with that segment's engine, until ctx ends or the source of the frames is
// lost.
func (f *Framer) Capture(ctx context.Context, page *chrome.Page) error {
	for {
		to, changed := f.Router.To()
		if to != nil {
			if err := f.captureFor(ctx, page, to, changed); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// captureFor captures frames for one segment, until they are to go elsewhere.
func (f *Framer) captureFor(ctx context.Context, page *chrome.Page, to *Target, changed <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer cancel()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		return nil
	})
	f.Begin()
	_, grab := f.Source.Display()
	if to.Engine == sizing.EngineX11 {
		grab.Align(to.Start, float64(f.FPS))
		g.Go(func() error { return f.grabFrames(ctx, grab, to.Take) })
		return g.Wait()
	}
	if grab != nil {
		// What the page paints, beside what the screencast makes of it.
		g.Go(func() error { return f.displayFault(ctx, grab, grab.RunCount(ctx)) })
	}
	g.Go(func() error { return f.castFrames(ctx, page, to.Take) })
	return g.Wait()
}

// grabFrames takes the frames from the display.
func (f *Framer) grabFrames(ctx context.Context, grab *x11.Grabber, take func(capture.Frame)) error {
	f.Pace.follow(grab.SetRate)
	return f.displayFault(ctx, grab, grab.Run(ctx, take))
}

// displayFault turns the fault of a grabber into what has to be done about it: a
// display that answers no more is lost. One that refuses what the grabber needs
// is of no use to another grabber either, and the frames come from a screencast
// from then on.
func (f *Framer) displayFault(ctx context.Context, grab *x11.Grabber, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	var fault *capture.Fault
	if errors.As(err, &fault) && fault.Class == capture.ClassEnvironment {
		f.Ask(sizing.EngineScreencast, err.Error())
		<-ctx.Done()
		return nil
	}
	return &loss{what: LostDisplay, since: grab.Stats().LastAnswer, err: err}
}

// castFrames takes the frames from Chrome.
func (f *Framer) castFrames(ctx context.Context, page *chrome.Page, take func(capture.Frame)) error {
	pace := chrome.NewPace(float64(f.FPS))
	f.Pace.follow(pace.SetRate)
	f.Late.of(pace)
	defer f.Late.of(nil)
	err := page.Screencast(ctx, chrome.ScreencastOptions{Quality: jpegQuality, Pace: pace}, take)
	if ctx.Err() != nil {
		return nil
	}
	return &loss{what: LostBrowser, since: page.LostAt(), err: fault.First(err, &capture.Fault{
		Class: capture.ClassBrowser, Op: "record the page", Err: ErrEnded("the screencast"), Passing: true,
	})}
}

// jpegQuality is that of the screencast; quality hardly costs CPU.
const jpegQuality = 88

// Lateness tells how late the frames of the screencast that runs are: the time
// from their capture to their arrival. Its methods may be called from any
// goroutine.
type Lateness struct {
	mu   sync.Mutex
	pace *chrome.Pace // nil while no screencast runs
}

func (l *Lateness) of(p *chrome.Pace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace = p
}

// Delay returns what nine tenths of the last second's frames stayed below.
func (l *Lateness) Delay() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pace == nil {
		return 0
	}
	return l.pace.Stats().Delay
}
