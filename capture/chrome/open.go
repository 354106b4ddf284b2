package chrome

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"

	"beam/capture"
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
	// OnMessage gets each string that a frame of the page hands to
	// window.__beamSend; OnMessageFrom, if set, gets it in its place, with the
	// part of the page that it comes from.
	OnMessage     func(payload string)
	OnMessageFrom func(from Sender, payload string)
	// OnConsole gets what the page writes to the console: level is "log",
	// "debug", "info", "warning", "error" and so on, or "exception" for an
	// exception that nobody caught. What the browser itself writes there is
	// "network" for a request that failed, "browser" for the rest.
	// OnConsoleCall, if set, gets it in its place.
	OnConsole     func(level, text string)
	OnConsoleCall func(ConsoleCall)
	// OnDocument is told of each document that the page goes to after Open.
	OnDocument func(Document)
	// OnRefused gets the host that the page wanted to lead the browser to, which
	// is neither public nor where the room itself is, nor in AllowHosts. The
	// page stays what it was.
	OnRefused func(host string)
	// OnFailed gets a screenshot (PNG) of a page that could not be opened, before
	// Open returns, where there is one.
	OnFailed func(screenshot []byte)
	// AllowHosts are names, IP addresses and networks (10.1.0.0/16) of this
	// machine's own surroundings that the page may lead to.
	AllowHosts []string
	// Access is what the page asks for before it lets anybody in.
	Access Access
}

// maxMessages is how many messages of the page may wait for the callbacks.
const maxMessages = 10_000

// Open opens a page in the browser's tab and waits until its DOM content is
// loaded and it has exactly the size of Options. There is one page at a time:
// the last one must have been closed. A tab that the page opens is shown in the
// place of the one before, until it is closed.
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
		p.opened.Store(true)
		b.tabs.shows(p)
		return p, nil
	}
	err = p.callErr("open "+hostOf(o.URL), err)
	// ctx may have the same deadline.
	if p.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		err = b.timeoutFault(o)
	}
	p.pictureFailure(context.WithoutCancel(ctx))
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

// pictureLimit is how long the picture of a page that failed may take.
const pictureLimit = 3 * time.Second

// pictureFailure hands a screenshot of a page that can't be opened to OnFailed.
func (p *Page) pictureFailure(ctx context.Context) {
	if p.o.OnFailed == nil || p.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pictureLimit)
	defer cancel()
	for {
		png, err := p.Screenshot(ctx)
		if err == nil {
			p.o.OnFailed(png)
			return
		}
		select { // between two documents there is nothing to picture
		case <-time.After(100 * time.Millisecond):
		case <-p.lost:
			return
		case <-ctx.Done():
			p.b.log.Info("no screenshot of the page that could not be opened", "error", err)
			return
		}
	}
}

// enter opens a session to the tab and installs what the page needs to find.
// What is installed lives as long as the session.
func (b *Browser) enter(ctx context.Context, o OpenOptions) (*Page, error) {
	tab, err := b.tabs.current(ctx, b.cdp)
	if err != nil {
		return nil, err
	}
	p := &Page{
		b: b, o: o,
		done: make(chan struct{}), lost: make(chan struct{}),
		crashed:   make(chan *view, 4),
		dialogs:   make(chan dialog, 4),
		described: make(chan *view, 4),
		messages:  newQueue[func()](maxMessages),
		loads:     newLoads(),
		gate:      newGate(b.proxies),
	}
	v := newView(tab)
	if err := p.attach(ctx, v); err != nil {
		b.tabs.giveUp() // a tab without a living renderer
		return nil, err
	}
	v.setStage(stageCurrent)
	p.views.push(v)
	// What the page is served with must outlive ctx.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = end
	p.run(func() {
		select {
		case <-p.done:
		case <-b.done:
		}
		end()
	})
	p.serve(life, v)
	if err := p.whileThere(ctx, func(ctx context.Context) error { return p.prepare(ctx, v) }); err != nil {
		close(p.done)
		end()
		v.cancel()
		p.wg.Wait()
		return nil, fmt.Errorf("prepare the page: %w", err)
	}
	return p, nil
}

// serve starts what a page needs while it is there.
func (p *Page) serve(ctx context.Context, first *view) {
	p.run(func() { p.watch(ctx, first) })
	p.run(func() { p.answerDialogs(ctx) })
	p.run(func() { p.answerRequests(ctx) })
	p.run(func() { p.describeDocuments(ctx) })
	p.run(func() {
		p.messages.run(ctx, func(f func()) { f() }, func(lost int) {
			p.b.log.Warn("page sends more messages than can be handled", "lost", lost)
		})
	})
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

// load navigates and waits for the content.
func (p *Page) load(ctx context.Context) error {
	v, _ := p.views.current()
	tree, err := cdp.Call(ctx, v.t, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return err
	}
	p.loads.begin(tree.FrameTree.Frame.ID, tree.FrameTree.Frame.LoaderID)
	res, err := cdp.Call(ctx, v.t, page.Navigate, page.NavigateParams{URL: p.where.URL})
	if err != nil {
		return navigateFault(p.o.URL, err)
	}
	if host := p.gate.refusedHost(); host != "" && res.ErrorText != "" {
		return refusedFault(hostOf(p.o.URL), host)
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
	if _, err := cdp.Call(ctx, v.t, page.ResetNavigationHistory, cdp.Empty{}); err != nil {
		return err
	}
	return v.unhear(ctx)
}

const screenHint = "for a window, the X screen must be 16 pixels larger both ways; or use --capture screencast"

// fit waits until the page has the size it is recorded at. A window gets there
// a moment after it appeared, and a document that is left for the next one does
// not answer.
func (p *Page) fit(ctx context.Context) error {
	limit := time.After(3 * time.Second)
	for {
		err := p.fits(ctx)
		if err == nil || p.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fits returns nil when the page has its size and all of it is on the screen.
func (p *Page) fits(ctx context.Context) error {
	size, scale, err := p.Geometry(ctx)
	if err != nil {
		return err
	}
	if size != p.b.size || scale != 1 {
		return &capture.Fault{Class: capture.ClassEnvironment, Op: "size the page", Hint: screenHint,
			Err: fmt.Errorf("page is %s at %g pixels each, not %s", size, scale, p.b.size)}
	}
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
		return &capture.Fault{Class: capture.ClassEnvironment, Op: "size the page", Hint: screenHint,
			Err: fmt.Errorf("page is %s but the X screen only %s", p.b.size, screen)}
	}
	return nil
}
