package chrome

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"beam/capture"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/page"
)

// ScreencastOptions say how the pictures are made.
type ScreencastOptions struct {
	Quality int     // of the JPEGs, 1 to 100; 0 means 85
	FPS     float64 // pictures a second that are wanted, in the long run; 0 means all there are
}

const (
	// inFlight is how many frames Chrome may send ahead of their
	// acknowledgement; more than 3 gained nothing.
	inFlight = 3
	// backlog is how many frames may wait for emit. Beyond it they are not
	// acknowledged any more, and Chrome makes none.
	backlog = 32
)

// Screencast calls emit with each picture of the page, in the order in which
// they arrive; under load a later one can overtake an earlier one. An unchanged
// page yields none. Each picture is a JPEG of exactly the page's size.
//
// It returns nil when ctx ends, and the error of Page.Err when the page is
// lost. No call of emit follows. There can be one Screencast at a time.
func (p *Page) Screencast(ctx context.Context, o ScreencastOptions, emit func(capture.Frame)) error {
	c := &cast{
		session: string(p.t.SessionID), pipe: p.b.pipe,
		arrived: make(chan shot, 4*inFlight), frames: make(chan capture.Frame, backlog),
		stamp: newStamper(capture.Now(), time.Now()),
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	pace := newPace(o.FPS)
	wg.Go(func() { c.acknowledge(ctx, &pace) })
	p.b.pipe.onShot(c.take)
	defer p.b.pipe.onShot(nil)

	if err := p.startScreencast(ctx, o); err != nil {
		if ctx.Err() != nil && p.Err() == nil {
			return nil
		}
		return err
	}
	defer p.stopScreencast(ctx)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.lost:
			return p.err
		case <-p.done:
			return p.callErr("record the page", errors.New("page was left"))
		case f := <-c.frames:
			emit(f)
		}
	}
}

func (p *Page) startScreencast(ctx context.Context, o ScreencastOptions) error {
	quality := int64(o.Quality)
	if quality == 0 {
		quality = 85
	}
	_, err := cdp.Call(ctx, p.t, page.StartScreencast, page.StartScreencastParams{
		Format: page.StartScreencastFormatJpeg, Quality: &quality,
		MaxWidth: int64(p.b.size.Width), MaxHeight: int64(p.b.size.Height),
		EveryNthFrame: 1, MaxFramesInFlight: inFlight,
	})
	return p.callErr("start the screencast", err)
}

// stopScreencast ends the screencast of a page that is still there.
func (p *Page) stopScreencast(ctx context.Context) {
	if p.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := cdp.Call(ctx, p.t, page.StopScreencast, cdp.Empty{}); err != nil {
		p.b.log.Debug("screencast could not be stopped", "err", err)
	}
}

// cast is one running screencast.
type cast struct {
	session string
	pipe    *pipe
	stamp   stamper
	arrived chan shot
	frames  chan capture.Frame
}

// take gets each frame on the goroutine that reads the pipe.
func (c *cast) take(s shot) {
	if s.session != c.session {
		return
	}
	select {
	case c.arrived <- s:
	default: // Chrome sends no more than it may; a late one of an earlier screencast
	}
}

// acknowledge queues frames for emit as they arrive, and acknowledges each as
// soon as the pace allows: Chrome makes no more than inFlight ahead of that.
func (c *cast) acknowledge(ctx context.Context, pace *pace) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-c.arrived:
			now := capture.Now()
			f := capture.Frame{At: c.stamp.at(s, now), JPEG: s.jpeg}
			select {
			case c.frames <- f:
			case <-ctx.Done():
				return
			}
			if wait := pace.next(now); wait > 0 {
				timer.Reset(wait)
				select {
				case <-timer.C:
				case <-ctx.Done():
					return
				}
			}
			params := strconv.AppendInt([]byte(`{"sessionId":`), s.number, 10)
			if c.pipe.post(c.session, page.CommandScreencastFrameAck, jsonv2.Value(append(params, '}'))) != nil {
				return // the connection is lost, and with it the page
			}
		}
	}
}
