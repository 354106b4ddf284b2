package chrome

import (
	"context"
	"errors"
	"sync"

	"beam/capture"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// ErrPageClosed is what Page.Err wraps when the tab was closed, by the page
// itself (window.close) or from outside.
var ErrPageClosed = errors.New("page was closed")

// ErrPageCrashed is what Page.Err wraps when the renderer of the page died.
var ErrPageCrashed = errors.New("page crashed")

// Page is one page in the tab of a Browser. Its methods may be called from
// several goroutines.
type Page struct {
	b   *Browser
	tab tabID
	t   *chromedp.Target
	o   OpenOptions

	cancel   context.CancelFunc // ends the session
	wg       sync.WaitGroup
	done     chan struct{} // closed by Close
	close    sync.Once
	crashed  chan struct{}
	dialogs  chan *page.EventJavascriptDialogOpening
	messages *queue[func()]
	loads    *loads
	gate     *gate // nil when requests need nothing

	lostOnce sync.Once
	lost     chan struct{}
	err      error        // valid once lost is closed
	lostAt   capture.Time // the same
}

// onEvent takes the events of the page in the order in which they arrive. It
// must not block, and must not send a command.
func (p *Page) onEvent(ev any) {
	p.onNetwork(ev)
	switch ev := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		select {
		case p.dialogs <- ev:
		default: // a page has one dialog at a time
		}
	case *runtime.EventBindingCalled:
		if ev.Name == bindingName && p.o.OnMessage != nil {
			p.messages.push(func() { p.o.OnMessage(ev.Payload) })
		}
	case *runtime.EventConsoleAPICalled:
		if p.o.OnConsole != nil {
			p.messages.push(func() { p.o.OnConsole(string(ev.Type), consoleText(ev.Args)) })
		}
	case *runtime.EventExceptionThrown:
		if p.o.OnConsole != nil {
			p.messages.push(func() { p.o.OnConsole("exception", exceptionText(ev.ExceptionDetails)) })
		}
	case *network.EventResponseReceived:
		if ev.Type == network.ResourceTypeDocument {
			p.loads.response(ev.FrameID, ev.LoaderID, int(ev.Response.Status))
		}
	case *page.EventLifecycleEvent:
		if ev.Name == "DOMContentLoaded" {
			p.loads.loaded(ev.FrameID, ev.LoaderID)
		}
	case *page.EventScreencastFrame:
		// Only if Chrome should once write its messages in another order,
		// so that the pipe does not recognise them.
		p.b.pipe.give(shot{session: string(p.t.SessionID), number: ev.SessionID, jpeg: ev.Data,
			monotonic: ev.Metadata.MonotonicTimestamp.Float64(), wall: ev.Metadata.Timestamp.Float64()})
	case *fetch.EventRequestPaused, *fetch.EventAuthRequired:
		if p.gate != nil {
			p.gate.events.push(ev)
		}
	case *inspector.EventTargetCrashed:
		select {
		case p.crashed <- struct{}{}:
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
			p.b.tabs.giveUp(p.tab)
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

// watch waits for the end of the tab, the browser or the page.
func (p *Page) watch(detached <-chan struct{}) {
	select {
	case <-p.done:
		return
	case <-p.crashed:
		p.lose(ErrPageCrashed, "the page or the machine may have run out of memory")
		return
	case <-detached:
	case <-p.b.done:
	}
	switch {
	case isClosed(p.b.closing):
		p.lose(ErrClosed, "")
	case isClosed(detached): // also when the browser ends with its last window
		p.lose(ErrPageClosed, "")
	default:
		p.lose(p.b.err, "")
	}
}

// answerDialogs closes the dialogs of the page, which stand still until then.
func (p *Page) answerDialogs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-p.dialogs:
			// A page may be left; everything else is refused.
			accept := d.Type == page.DialogTypeBeforeunload || d.Type == page.DialogTypeAlert
			_, err := cdp.Call(ctx, p.t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
			if err != nil {
				p.b.log.Debug("dialog was gone", "type", d.Type, "err", err)
				continue
			}
			p.b.log.Info("closed a dialog of the page", "type", d.Type)
		}
	}
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

// Close leaves the page: its tab goes to about:blank and everything that was
// installed for the page is taken out. No callback runs after Close. When ctx
// ends before the page is left, the tab is given up. Close may be called more
// than once, but not from a callback.
func (p *Page) Close(ctx context.Context) {
	p.close.Do(func() {
		if p.Err() == nil {
			_, err := cdp.Call(ctx, p.t, page.Navigate, page.NavigateParams{URL: "about:blank"})
			if err == nil {
				err = p.Alive(ctx) // the renderer took it
			}
			if err != nil && p.Err() == nil {
				// A renderer that hangs would hang the next tab too.
				p.b.log.Info("page can't be left, so its renderer is ended", "err", err)
				_ = p.b.pipe.post(string(p.t.SessionID), page.CommandCrash, nil)
				p.b.tabs.giveUp(p.tab)
			}
		}
		close(p.done)
		p.cancel()
		p.wg.Wait()
	})
}

// callErr gives the error of a command the cause of the page's end.
func (p *Page) callErr(op string, err error) error {
	if err == nil {
		return nil
	}
	if f := (*capture.Fault)(nil); errors.As(err, &f) {
		return err
	}
	// A command fails a moment before it is known why.
	if errors.Is(err, chromedp.ErrTargetDetached) || isClosed(p.b.cdp.LostConnection) {
		select {
		case <-p.lost:
		case <-p.done:
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
	_, err := cdp.Call(ctx, p.t, runtime.Evaluate, runtime.EvaluateParams{Expression: "1"})
	return p.callErr("reach the page", err)
}

// Screenshot returns the page as it is now, as a PNG of the page's size.
func (p *Page) Screenshot(ctx context.Context) ([]byte, error) {
	res, err := cdp.Call(ctx, p.t, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng})
	if err != nil {
		return nil, p.callErr("take a screenshot", err)
	}
	return res.Data, nil
}
