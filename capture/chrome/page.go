package chrome

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"beam/capture"
)

// ErrPageClosed is what Page.Err wraps when the tab was closed, by the page
// itself (window.close) or from outside.
var ErrPageClosed = errors.New("page was closed")

// ErrPageCrashed is what Page.Err wraps when the renderer of the page died.
var ErrPageCrashed = errors.New("page crashed")

// Page is one page of a Browser: the one in its tab, and in each tab that the
// page opens itself. The methods may be called from several goroutines, and
// mean what is shown now.
type Page struct {
	b     *Browser
	o     OpenOptions
	where where

	cancel    context.CancelFunc // ends the goroutines of the page
	wg        sync.WaitGroup
	done      chan struct{} // closed by Close
	close     sync.Once
	later     later
	views     views
	opened    atomic.Bool // Open is through
	crashed   chan *view
	dialogs   chan dialog
	described chan *view
	messages  *queue[func()]
	loads     *loads
	gate      *gate
	notes     notes

	deviceErrors atomic.Bool // the console told of a device that the page did not get

	lostOnce sync.Once
	lost     chan struct{}
	err      error        // valid once lost is closed
	lostAt   capture.Time // the same
}

// target returns what is shown now.
func (p *Page) target() *chromedp.Target {
	v, _ := p.views.current()
	return v.t
}

// onEvent takes the events of a view in the order in which they arrive. It must
// not block, and must not send a command.
func (p *Page) onEvent(v *view, ev any) {
	v.worlds.onEvent(ev)
	p.onNetwork(v, ev)
	p.onSpeech(v, ev)
	p.onDocument(v, ev)
	switch ev := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		select {
		case p.dialogs <- dialog{v, ev.Type}:
		default: // a page has one dialog at a time
		}
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument {
			p.loads.response(ev.FrameID, ev.LoaderID, int(ev.Response.Status))
		}
	case *page.EventScreencastFrame:
		// Only if Chrome should once write its messages in another order,
		// so that the pipe does not recognise them.
		p.b.pipe.give(shot{session: v.session, number: ev.SessionID, jpeg: ev.Data,
			monotonic: ev.Metadata.MonotonicTimestamp.Float64(), wall: ev.Metadata.Timestamp.Float64()})
	case *fetch.EventRequestPaused, *fetch.EventAuthRequired:
		p.gate.events.push(paused{v, ev})
	case *inspector.EventTargetCrashed:
		select {
		case p.crashed <- v:
		default:
		}
	}
}

// lose marks the page as lost, once.
func (p *Page) lose(cause error, hint string) {
	p.lostOnce.Do(func() {
		p.err = &capture.Fault{Class: capture.ClassBrowser, Op: "show the page", Hint: hint, Err: cause, Passing: true}
		p.lostAt = capture.Now()
		if isClosed(p.b.done) {
			p.lostAt = min(p.lostAt, p.b.gone)
		}
		if !errors.Is(cause, ErrClosed) {
			p.b.tabs.giveUp()
		}
		close(p.lost)
	})
}

// run starts a goroutine that both Page.Close and Browser.Close wait for.
func (p *Page) run(f func()) {
	p.wg.Add(1)
	p.b.wg.Go(func() {
		defer p.wg.Done()
		f()
	})
}

// Lost returns a channel that is closed when the page can't be recorded any
// more: its renderer crashed, its tab was closed, or the browser is gone. It
// is not closed by Page.Close.
func (p *Page) Lost() <-chan struct{} { return p.lost }

// Err returns nil as long as the page is there, and then a *capture.Fault of
// capture.ClassBrowser that wraps ErrPageCrashed, ErrPageClosed, ErrClosed or
// the fault of the browser.
func (p *Page) Err() error {
	select {
	case <-p.lost:
		return p.err
	default:
		return nil
	}
}

// LostAt returns when the loss of the page was seen first, 0 as long as it is
// there. What it was lost with may take a second more to end.
func (p *Page) LostAt() capture.Time {
	if !isClosed(p.lost) {
		return 0
	}
	return p.lostAt
}

// Close leaves the page: its tab goes to about:blank, the tabs that it opened
// are closed, and everything that was installed for the page is taken out. No
// callback runs after Close. When ctx ends before the page is left, the tab is
// given up. Close may be called more than once, but not from a callback.
func (p *Page) Close(ctx context.Context) {
	p.close.Do(func() {
		p.b.tabs.shows(nil)
		p.opened.Store(false)
		all := p.views.list()
		if p.Err() == nil {
			for _, v := range all[1:] {
				_, _ = cdp.Call(ctx, p.b.cdp, target.CloseTarget, target.CloseTargetParams{TargetID: v.tab})
			}
			p.leave(ctx, all[0])
		}
		close(p.done)
		p.cancel()
		for _, v := range all {
			v.cancel()
		}
		p.wg.Wait()
	})
}

// leave brings the page's tab to about:blank.
func (p *Page) leave(ctx context.Context, v *view) {
	_, err := cdp.Call(ctx, v.t, page.Navigate, page.NavigateParams{URL: blankURL})
	if err == nil {
		_, err = cdp.Call(ctx, v.t, runtime.Evaluate, runtime.EvaluateParams{Expression: "1"}) // the renderer took it
	}
	if err != nil && p.Err() == nil {
		// A renderer that hangs would hang the next tab too.
		p.b.log.Info("page can't be left, so its renderer is ended", "error", err)
		_ = p.b.pipe.post(string(v.t.SessionID), page.CommandCrash, nil)
		p.b.tabs.giveUp()
	}
}

// causeLimit is how long the end of a page may take to be known.
const causeLimit = 2 * time.Second

// callErr gives the error of a command the cause of the page's end.
func (p *Page) callErr(op string, err error) error {
	if err == nil {
		return nil
	}
	if f := (*capture.Fault)(nil); errors.As(err, &f) {
		return err
	}
	// A command fails a moment before it is known why. A tab that is gone need
	// not be the page's last one.
	if errors.Is(err, chromedp.ErrTargetDetached) || isClosed(p.b.cdp.LostConnection) {
		select {
		case <-p.lost:
		case <-p.done:
		case <-time.After(causeLimit):
		}
	}
	if lost := p.Err(); lost != nil {
		return lost
	}
	return &capture.Fault{Class: capture.ClassBrowser, Op: op, Err: err}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Alive makes a round trip through the page's renderer. A page that shows a
// still picture answers; one that hangs or is dead does not before ctx ends.
func (p *Page) Alive(ctx context.Context) error {
	_, err := cdp.Call(ctx, p.target(), runtime.Evaluate, runtime.EvaluateParams{Expression: "1"})
	return p.callErr("reach the page", err)
}

// Screenshot returns the page as it is now, as a PNG of the page's size.
func (p *Page) Screenshot(ctx context.Context) ([]byte, error) {
	res, err := cdp.Call(ctx, p.target(), page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng})
	if err != nil {
		return nil, p.callErr("take a screenshot", err)
	}
	return res.Data, nil
}
