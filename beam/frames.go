package beam

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"beam/capture"
	"beam/capture/chrome"
	"beam/capture/x11"
)

// captureFrames captures the page's frames for whichever segment is recorded,
// with that segment's engine, until ctx ends or the source of the frames is
// lost.
func (t *take) captureFrames(ctx context.Context, page *chrome.Page) error {
	if t.settings.AudioOnly {
		return nil
	}
	for {
		to, changed := t.screen.now()
		if to != nil {
			if err := t.captureFor(ctx, page, to, changed); err != nil {
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
func (t *take) captureFor(ctx context.Context, page *chrome.Page, to *segment, changed <-chan struct{}) error {
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
	t.governing.begin()
	_, grab := t.studio.display()
	if to.engine == EngineX11 {
		g.Go(func() error { return t.grabFrames(ctx, grab, to.video) })
		return g.Wait()
	}
	if grab != nil {
		// What the page paints, beside what the screencast makes of it.
		g.Go(func() error { return t.displayFault(ctx, grab, grab.RunCount(ctx)) })
	}
	g.Go(func() error { return t.castFrames(ctx, page, to.video) })
	return g.Wait()
}

// grabFrames takes the frames from the display.
func (t *take) grabFrames(ctx context.Context, grab *x11.Grabber, to *video) error {
	t.pace.follow(grab.SetRate)
	return t.displayFault(ctx, grab, grab.Run(ctx, to.take))
}

// displayFault turns the fault of a grabber into what has to be done about it: a
// display that answers no more is lost. One that refuses what the grabber needs
// is of no use to another grabber either, and the frames come from a screencast
// from then on.
func (t *take) displayFault(ctx context.Context, grab *x11.Grabber, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	var f *capture.Fault
	if errors.As(err, &f) && f.Class == capture.ClassEnvironment {
		t.askEngine(EngineScreencast, err.Error())
		<-ctx.Done()
		return nil
	}
	return &loss{what: lostDisplay, since: grab.Stats().LastAnswer, err: err}
}

// castFrames takes the frames from Chrome.
func (t *take) castFrames(ctx context.Context, page *chrome.Page, to *video) error {
	pace := chrome.NewPace(float64(t.settings.FPS))
	t.pace.follow(pace.SetRate)
	t.late.of(pace)
	defer t.late.of(nil)
	err := page.Screencast(ctx, chrome.ScreencastOptions{Quality: jpegQuality, Pace: pace}, to.take)
	if ctx.Err() != nil {
		return nil
	}
	return &loss{what: lostBrowser, since: page.LostAt(), err: firstOf(err, &capture.Fault{
		Class: capture.ClassBrowser, Op: "record the page", Err: errEnded("the screencast"), Passing: true,
	})}
}
