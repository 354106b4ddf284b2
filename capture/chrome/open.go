package chrome

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beam/capture"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// bindingName is the function of the page's window that sends a message.
const bindingName = "__beamSend"

// OpenOptions say which page to open. The callbacks are called one at a time,
// in the order in which the page caused them, on a goroutine of the Page; they
// may take their time, but must not call Page.Close.
type OpenOptions struct {
	URL string
	// Script is evaluated in each frame before the page's own scripts.
	Script string
	// Timeout limits Open; 0 means 30 seconds.
	Timeout time.Duration
	// IgnoreCSP lets Script do what the page's content security policy forbids
	// (Content-Security-Policy level 3), such as to start a worker.
	IgnoreCSP bool
	// OnRequest gets a line for each request of the page and for what became of
	// it. URLs are without user, query and fragment, which may be secret.
	OnRequest func(line string)
	// OnMessage gets each string that the page hands to window.__beamSend.
	OnMessage func(payload string)
	// OnConsole gets what the page writes to the console: level is "log",
	// "debug", "info", "warning", "error" and so on, or "exception" for an
	// exception that nobody caught.
	OnConsole func(level, text string)
	// Access is what the page asks for before it lets anybody in.
	Access Access
}

// maxMessages is how many messages of the page may wait for the callbacks.
const maxMessages = 10_000

// Open opens a page in the browser's tab and waits until its DOM content is
// loaded and it has exactly the size of Options. There is one page at a time:
// the last one must have been closed.
//
// In a window, the browser ends with its last tab: after ErrPageClosed it may
// have to be launched again.
//
// A page that can't be opened is a *capture.Fault of capture.ClassRoom; Open
// may then be called again. A browser or renderer that is lost meanwhile is one of
// capture.ClassBrowser.
func (b *Browser) Open(ctx context.Context, o OpenOptions) (*Page, error) {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	p, err := b.enter(limited, o)
	if err != nil {
		return nil, b.openFault(o.URL, err)
	}
	err = p.whileThere(limited, func(ctx context.Context) error {
		if err := p.load(ctx); err != nil {
			return err
		}
		return p.fit(ctx)
	})
	if err == nil {
		return p, nil
	}
	err = p.callErr("open "+hostOf(o.URL), err)
	// ctx may have the same deadline.
	if p.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		err = b.timeoutFault(o)
	}
	// The tab is left by the next Open; a site that does not answer can't
	// hold it.
	leave, cancelLeave := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancelLeave()
	p.Close(leave)
	return nil, b.openFault(o.URL, err)
}

// openFault makes sure that the error is a Fault.
func (b *Browser) openFault(url string, err error) error {
	var f *capture.Fault
	if errors.As(err, &f) {
		return f
	}
	if isClosed(b.cdp.LostConnection) {
		<-b.done
		if b.err != nil {
			return b.err
		}
		err = ErrClosed
	}
	return &capture.Fault{Class: capture.ClassBrowser, Op: "open " + hostOf(url), Err: err, Passing: true}
}

func (b *Browser) timeoutFault(o OpenOptions) error {
	return &capture.Fault{Class: capture.ClassRoom, Op: "open " + hostOf(o.URL),
		Err:  fmt.Errorf("page did not load within %s: %w", o.Timeout, context.DeadlineExceeded),
		Hint: "check that the address answers from this machine", Passing: true}
}

// enter opens a session to the tab and installs what the page needs to find.
// What is installed lives as long as the session.
func (b *Browser) enter(ctx context.Context, o OpenOptions) (*Page, error) {
	tab, err := b.tabs.current(ctx, b.cdp)
	if err != nil {
		return nil, err
	}
	p := &Page{
		b: b, tab: tab, o: o,
		done: make(chan struct{}), lost: make(chan struct{}),
		crashed:  make(chan struct{}, 1),
		dialogs:  make(chan *page.EventJavascriptDialogOpening, 4),
		messages: newQueue[func()](maxMessages),
		loads:    newLoads(),
		gate:     newGate(o),
	}
	session, cancel := b.attach(tab, p.onEvent)
	p.cancel = cancel
	// The session must outlive ctx, but attaching to it must not.
	abort := context.AfterFunc(ctx, cancel)
	_, err = chromedp.Run(session, func(_ context.Context, t *chromedp.Target) (chromedp.Void, error) {
		p.t = t
		return chromedp.Void{}, nil
	})
	if !abort() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		cancel()
		b.tabs.giveUp(tab) // a tab without a living renderer
		return nil, fmt.Errorf("attach to the tab: %w", err)
	}
	detached, err := chromedp.Detached(session)
	if err != nil {
		cancel()
		return nil, err
	}
	p.run(func() { p.watch(detached) })
	p.run(func() { p.answerDialogs(session) })
	p.run(func() {
		p.messages.run(session, func(f func()) { f() }, func(lost int) {
			b.log.Warn("page sends more messages than can be handled", "lost", lost)
		})
	})
	if p.gate != nil {
		p.run(func() { p.answerRequests(session) })
	}
	if err := p.whileThere(ctx, p.install); err != nil {
		close(p.done)
		cancel()
		p.wg.Wait()
		return nil, fmt.Errorf("prepare the page: %w", err)
	}
	return p, nil
}

// whileThere calls f with a context that ends with ctx, or when the page is lost:
// Chrome does not answer a command to a page that has crashed.
func (p *Page) whileThere(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.run(func() {
		select {
		case <-p.lost:
			cancel()
		case <-ctx.Done():
		}
	})
	return f(ctx)
}

// install sets up the session.
func (p *Page) install(ctx context.Context) error {
	// chromedp follows the document tree and the style sheets of each page,
	// which nobody here asks for and which a busy room pays for.
	calls := []func() error{
		func() error { _, err := cdp.Call(ctx, p.t, css.Disable, cdp.Empty{}); return err },
		func() error { _, err := cdp.Call(ctx, p.t, dom.Disable, cdp.Empty{}); return err },
		func() error { _, err := cdp.Call(ctx, p.t, log.Disable, cdp.Empty{}); return err },
		func() error {
			_, err := cdp.Call(ctx, p.t, runtime.AddBinding, runtime.AddBindingParams{Name: bindingName})
			return err
		},
	}
	if !p.b.windowed {
		calls = append(calls, func() error {
			_, err := cdp.Call(ctx, p.t, emulation.SetUserAgentOverride, p.b.agent)
			return err
		}, func() error {
			w, h := int64(p.b.size.Width), int64(p.b.size.Height)
			_, err := cdp.Call(ctx, p.t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
				Width: w, Height: h, ScreenWidth: w, ScreenHeight: h, DeviceScaleFactor: 1})
			return err
		})
	}
	if p.o.Script != "" {
		calls = append(calls, func() error {
			_, err := cdp.Call(ctx, p.t, page.AddScriptToEvaluateOnNewDocument,
				page.AddScriptToEvaluateOnNewDocumentParams{Source: p.o.Script})
			return err
		})
	}
	if p.o.IgnoreCSP {
		calls = append(calls, func() error {
			_, err := cdp.Call(ctx, p.t, page.SetBypassCSP, page.SetBypassCSPParams{Enabled: true})
			return err
		})
	}
	for _, call := range calls {
		if err := call(); err != nil {
			return err
		}
	}
	return p.grant(ctx)
}

// load navigates and waits for the content.
func (p *Page) load(ctx context.Context) error {
	tree, err := cdp.Call(ctx, p.t, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return err
	}
	p.loads.begin(tree.FrameTree.Frame.ID, tree.FrameTree.Frame.LoaderID)
	res, err := cdp.Call(ctx, p.t, page.Navigate, page.NavigateParams{URL: p.o.URL})
	if err != nil {
		return navigateFault(p.o.URL, err)
	}
	status := p.loads.statusOf(res.LoaderID)
	if res.ErrorText != "" || status >= 400 {
		return loadFault(p.o.URL, res.ErrorText, status, res.IsDownload)
	}
	select {
	case <-p.loads.ready:
	case <-p.lost:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
	// A page may close itself when it is the first of its tab, as it is when a
	// person opens the room's address; about:blank was there before.
	if _, err := cdp.Call(ctx, p.t, page.ResetNavigationHistory, cdp.Empty{}); err != nil {
		return err
	}
	// From here on each message of each WebSocket would be reported.
	_, err = cdp.Call(ctx, p.t, network.Disable, cdp.Empty{})
	return err
}

const screenHint = "for a window, the X screen must be 16 pixels larger both ways; or use --capture screencast"

// fit waits until the page has the size it is recorded at. A window gets there
// a moment after it appeared.
func (p *Page) fit(ctx context.Context) error {
	limit := time.After(3 * time.Second)
	for {
		size, scale, err := p.Geometry(ctx)
		if err != nil {
			return err
		}
		if size == p.b.size && scale == 1 {
			return p.fitScreen(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return &capture.Fault{Class: capture.ClassEnvironment, Op: "size the page",
				Err:  fmt.Errorf("page is %s at %g pixels each, not %s", size, scale, p.b.size),
				Hint: screenHint}
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fitScreen checks that a window is not larger than its screen.
func (p *Page) fitScreen(ctx context.Context) error {
	if !p.b.windowed {
		return nil
	}
	raw, err := p.EvaluateApart(ctx, "[screen.width, screen.height, 1]")
	if err != nil {
		return err
	}
	screen, _, err := parseGeometry(raw)
	if err != nil {
		return err
	}
	if screen.Width < p.b.size.Width || screen.Height < p.b.size.Height {
		return &capture.Fault{Class: capture.ClassEnvironment, Op: "size the page",
			Err: fmt.Errorf("page is %s but the X screen only %s", p.b.size, screen), Hint: screenHint}
	}
	return nil
}
