package beam

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"beam/beam/fault"
	"beam/beam/sizing"
	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/x11"
)

// framer captures the frames of the page for whichever segment is recorded.
type framer struct {
	source  *studio
	router  *screen
	pace    *pacer
	late    *lateness
	engines *engineSwitch
	fps     int
	begin   func() // called when a source of frames begins
}

// run captures the page's frames for whichever segment is recorded,
// with that segment's engine, until ctx ends or the source of the frames is
// lost.
func (f *framer) run(ctx context.Context, page *chrome.Page) error {
	for {
		to, changed := f.router.now()
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
func (f *framer) captureFor(ctx context.Context, page *chrome.Page, to *segment, changed <-chan struct{}) error {
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
	f.begin()
	_, grab := f.source.display()
	if to.engine == sizing.EngineX11 {
		g.Go(func() error { return f.grabFrames(ctx, grab, to.video) })
		return g.Wait()
	}
	if grab != nil {
		// What the page paints, beside what the screencast makes of it.
		g.Go(func() error { return f.displayFault(ctx, grab, grab.RunCount(ctx)) })
	}
	g.Go(func() error { return f.castFrames(ctx, page, to.video) })
	return g.Wait()
}

// grabFrames takes the frames from the display.
func (f *framer) grabFrames(ctx context.Context, grab *x11.Grabber, to *video) error {
	f.pace.follow(grab.SetRate)
	return f.displayFault(ctx, grab, grab.Run(ctx, to.take))
}

// displayFault turns the fault of a grabber into what has to be done about it: a
// display that answers no more is lost. One that refuses what the grabber needs
// is of no use to another grabber either, and the frames come from a screencast
// from then on.
func (f *framer) displayFault(ctx context.Context, grab *x11.Grabber, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	var fault *capture.Fault
	if errors.As(err, &fault) && fault.Class == capture.ClassEnvironment {
		f.engines.ask(sizing.EngineScreencast, err.Error())
		<-ctx.Done()
		return nil
	}
	return &loss{what: lostDisplay, since: grab.Stats().LastAnswer, err: err}
}

// castFrames takes the frames from Chrome.
func (f *framer) castFrames(ctx context.Context, page *chrome.Page, to *video) error {
	pace := chrome.NewPace(float64(f.fps))
	f.pace.follow(pace.SetRate)
	f.late.of(pace)
	defer f.late.of(nil)
	err := page.Screencast(ctx, chrome.ScreencastOptions{Quality: jpegQuality, Pace: pace}, to.take)
	if ctx.Err() != nil {
		return nil
	}
	return &loss{what: lostBrowser, since: page.LostAt(), err: fault.First(err, &capture.Fault{
		Class: capture.ClassBrowser, Op: "record the page", Err: errEnded("the screencast"), Passing: true,
	})}
}
