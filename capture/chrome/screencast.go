package chrome

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"beam/capture"
)

// ScreencastOptions say how the frames are made.
type ScreencastOptions struct {
	Quality int     // of the JPEGs, 1 to 100; 0 means 85
	FPS     float64 // frames a second that are wanted, in the long run; 0 means all there are
	Pace    *Pace   // steers the screencast while it runs, in place of FPS; nil where nobody does
}

const (
	// inFlight is how many frames Chrome may send ahead of their
	// acknowledgement; more than 3 gained nothing.
	inFlight = 3
	// inbox is how many frames can wait for emit: those that Chrome may send,
	// of a screencast and of the one before it. It fills when emit is slow;
	// then frames are not acknowledged any more, and Chrome makes none.
	inbox = 4 * inFlight
)

// Screencast calls emit with each frame of the page as soon as it arrives;
// under load a later one can overtake an earlier one. An unchanged page yields
// none. Each is a JPEG of exactly the page's size. When the page turns still,
// the last frame shows it as it is, whatever the pace.
//
// It returns nil when ctx ends, and the error of Page.Err when the page is
// lost. No call of emit follows. There can be one Screencast at a time.
func (p *Page) Screencast(ctx context.Context, o ScreencastOptions, emit func(capture.Frame)) error {
	if o.Pace == nil {
		o.Pace = NewPace(o.FPS)
	}
	for {
		again, err := p.castView(ctx, o, emit)
		if !again {
			return err
		}
	}
}

// castView is Screencast of the view that is shown now. It returns whether
// another one is.
func (p *Page) castView(ctx context.Context, o ScreencastOptions, emit func(capture.Frame)) (again bool, err error) {
	v, moved := p.views.current()
	c := &cast{
		page: p, target: v.t, options: o, pace: o.Pace,
		session: string(v.t.SessionID), pipe: p.b.pipe,
		arrived: make(chan arrival, inbox), passed: make(chan passed, inbox),
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.b.pipe.onShot(c.take)
	defer p.b.pipe.onShot(nil)

	if err := c.start(ctx); err != nil {
		switch {
		case isClosed(moved): // its tab was closed just now
			return true, nil
		case ctx.Err() != nil && p.Err() == nil:
			return false, nil
		}
		return false, err
	}
	defer c.stop(ctx)
	failed := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { failed <- c.acknowledge(ctx) })
	// The screencast is stopped last: nothing may begin a new one after that.
	defer wg.Wait()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return false, nil
		case <-p.lost:
			return false, p.err
		case <-p.done:
			return false, p.callErr("record the page", errors.New("page was left"))
		case <-moved:
			return true, nil
		case err := <-failed:
			if err != nil && ctx.Err() == nil {
				return isClosed(moved), err
			}
			failed = nil // the page is lost; who watches it says why
		case a := <-c.arrived:
			c.pass(ctx, a, emit)
		}
	}
}

func (c *cast) start(ctx context.Context) error {
	quality := int64(c.options.Quality)
	if quality == 0 {
		quality = 85
	}
	size := c.page.b.size
	_, err := cdp.Call(ctx, c.target, page.StartScreencast, page.StartScreencastParams{
		Format: page.StartScreencastFormatJpeg, Quality: &quality,
		MaxWidth: int64(size.Width), MaxHeight: int64(size.Height),
		EveryNthFrame: 1, MaxFramesInFlight: inFlight,
	})
	return c.page.callErr("start the screencast", err)
}

// stop ends the screencast of a page that is still there.
func (c *cast) stop(ctx context.Context) {
	if c.page.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := cdp.Call(ctx, c.target, page.StopScreencast, cdp.Empty{}); err != nil {
		c.page.b.log.Debug("screencast could not be stopped", "error", err)
	}
}

// cast is one running screencast.
type cast struct {
	page    *Page
	target  *chromedp.Target
	options ScreencastOptions
	pace    *Pace
	session string
	pipe    *pipe
	number  int64 // of the screencast whose frame came last; Chrome counts them
	arrived chan arrival
	passed  chan passed
}

// arrival is a frame and when it arrived.
type arrival struct {
	shot shot
	now  capture.Time
	wall time.Time // the same instant
}

// passed is what has to be acknowledged of a frame that was passed on.
type passed struct {
	number   int64
	captured capture.Time
}

// take gets each frame on the goroutine that reads the pipe.
func (c *cast) take(s shot) {
	if s.session != c.session {
		return
	}
	select {
	case c.arrived <- arrival{s, capture.Now(), time.Now()}:
	default: // Chrome sends no more than it may; a late one of an earlier screencast
	}
}

// pass hands a frame on, at once: its acknowledgement has time.
func (c *cast) pass(ctx context.Context, a arrival, emit func(capture.Frame)) {
	f := capture.Frame{At: captured(a.shot, a.now, a.wall), JPEG: a.shot.jpeg}
	c.pace.arrived(a.now, f.At, a.shot.number != c.number)
	c.number = max(c.number, a.shot.number)
	select {
	case c.passed <- passed{a.shot.number, f.At}:
	case <-ctx.Done():
		return
	}
	emit(f)
}

// acknowledge acknowledges frames as the pace allows, until ctx ends or the
// connection is lost. It fails when the screencast can't be begun anew.
func (c *cast) acknowledge(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var credits credits
	for {
		rate, changed := c.pace.current()
		do, number, wait := credits.next(capture.Now(), rate)
		switch do {
		case deedAcknowledge:
			params := strconv.AppendInt([]byte(`{"sessionId":`), number, 10)
			if c.pipe.post(c.session, page.CommandScreencastFrameAck, jsonv2.Value(append(params, '}'))) != nil {
				return nil // the connection is lost, and with it the page
			}
			credits.acknowledged(capture.Now(), rate)
			continue
		case deedRefresh:
			c.stop(ctx)
			if err := c.start(ctx); err != nil {
				return err
			}
			credits.refreshed(capture.Now())
			c.pace.refreshed()
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-ctx.Done():
			return nil
		case f := <-c.passed:
			credits.arrived(f.number, f.captured, capture.Now())
		case <-due:
		case <-changed:
		}
	}
}
