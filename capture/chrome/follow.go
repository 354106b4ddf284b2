package chrome

import (
	"context"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

const (
	// followLimit is how long a new tab may take to be made ready.
	followLimit = 10 * time.Second
	// emptyLimit is how long a new tab may stay empty: some are filled by a
	// script that asks its server for an address first.
	emptyLimit = 15 * time.Second
	emptyPoll  = 500 * time.Millisecond
	// mostTabs is how many tabs a page may have.
	mostTabs = 8
	// windowPoll is how long a window may take to have its size.
	windowPoll = 100 * time.Millisecond
)

// follow makes a tab that the page opened one of its views: what the page finds
// in its first tab is in the new one before its first document is. It is shown
// once it has something to show. follow does not wait for any of that.
func (p *Page) follow(ctx context.Context, n newcomer) {
	p.run(func() {
		if strings.HasPrefix(n.url, "chrome") || strings.HasPrefix(n.url, "devtools:") || len(p.views.list()) >= mostTabs {
			p.b.closeTab(n)
			return
		}
		v, err := p.receive(ctx, n)
		if err != nil {
			p.b.log.Debug("a tab of the page could not be followed", "error", err)
			p.b.post(target.CommandCloseTarget, target.CloseTargetParams{TargetID: n.tab})
			return
		}
		defer v.cancel()
		if p.awaitContent(ctx, v) {
			p.keepView(ctx, v)
		}
	})
}

// untilLeft calls f with a context that ends after followLimit, or when the page
// is left.
func (p *Page) untilLeft(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, followLimit)
	defer cancel()
	p.run(func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	})
	return f(ctx)
}

// receive makes a view of a new tab, and lets it begin.
func (p *Page) receive(ctx context.Context, n newcomer) (*view, error) {
	v := newView(n.tab)
	v.session = string(n.session)
	// Bindings are put into documents only where the domain is enabled before.
	for _, c := range append([]call{{runtime.CommandEnable, cdp.Empty{}}}, p.installs()...) {
		if err := p.b.pipe.command(v.session, c.method, c.params); err != nil {
			return nil, err
		}
	}
	p.b.pipe.adopt.expect(n.tab, n.session)
	err := p.untilLeft(ctx, func(ctx context.Context) error {
		if err := p.attach(ctx, v); err != nil {
			return err
		}
		err := v.calm(ctx)
		if err == nil {
			err = v.unhear(ctx)
		}
		if err != nil {
			v.cancel()
		}
		return err
	})
	return v, err
}

// awaitContent waits until a new view has something to show: a document that has
// its content, or one that a script wrote to. One that stays empty is closed, so
// that it does not cover the page.
func (p *Page) awaitContent(ctx context.Context, v *view) bool {
	empty := time.NewTimer(emptyLimit)
	defer empty.Stop()
	look := time.NewTicker(emptyPoll)
	defer look.Stop()
	p.uncover(ctx)
	for {
		select {
		case <-v.loaded:
			return true
		case <-p.b.done:
			return false
		case <-v.detached: // it closed itself, as one does that was a download
			return false
		case <-p.done:
			p.b.post(target.CommandCloseTarget, target.CloseTargetParams{TargetID: v.tab})
			return false
		case <-empty.C:
			p.b.post(target.CommandCloseTarget, target.CloseTargetParams{TargetID: v.tab})
			return false
		case <-look.C:
			if p.filled(ctx, v) {
				return true
			}
			p.uncover(ctx)
		}
	}
}

// uncover brings what is shown to the front again: a window that has nothing to show
// yet opens over it.
func (p *Page) uncover(ctx context.Context) {
	err := p.untilLeft(ctx, func(ctx context.Context) error {
		return do(ctx, p.target(), page.BringToFront, cdp.Empty{})
	})
	if err != nil {
		p.b.log.Debug("the page could not be brought to the front again", "error", err)
	}
}

// keepView shows a view until its end.
func (p *Page) keepView(ctx context.Context, v *view) {
	p.views.push(v).setStage(stageBehind)
	p.show(ctx, v)
	select {
	case <-p.done:
		// Close may have looked before it was one of the views. The first of them stays:
		// the next page is opened in it.
		if all := p.views.list(); len(all) > 0 && all[0] != v {
			p.b.post(target.CommandCloseTarget, target.CloseTargetParams{TargetID: v.tab})
		}
	case <-p.b.done:
	case <-v.detached:
		p.lostView(ctx, v)
	}
}

// filled tells whether an empty document was written to.
func (p *Page) filled(ctx context.Context, v *view) (yes bool) {
	err := p.untilLeft(ctx, func(ctx context.Context) error {
		raw, err := p.evaluateApart(ctx, v, "Boolean(Reflect.get(Document.prototype, 'body', document)?.firstElementChild)")
		yes = string(raw) == "true"
		return err
	})
	return err == nil && yes
}

// show brings a view to the front and tells of it.
func (p *Page) show(ctx context.Context, v *view) {
	held := v.setStage(stageCurrent)
	err := p.untilLeft(ctx, func(ctx context.Context) error {
		if p.b.windowed {
			p.fillScreen(ctx, v)
		}
		return do(ctx, v.t, page.BringToFront, cdp.Empty{})
	})
	if err != nil {
		p.b.log.Debug("a tab could not be brought to the front", "error", err)
	}
	d := v.document()
	d.Tab, d.Reloaded = true, false
	p.tellDocument(d)
	for _, f := range held {
		p.messages.push(f)
	}
	select {
	case p.described <- v:
	default:
	}
	if p.notes.more(noteTab) {
		p.b.log.Info("the page shows another tab", "url", d.URL)
	}
}

// fillScreen gives the window of a view the size of the page: pages open small
// ones too, whose frame is then moved off the screen.
func (p *Page) fillScreen(ctx context.Context, v *view) {
	res, err := cdp.Call(ctx, p.b.cdp, browser.GetWindowForTarget, browser.GetWindowForTargetParams{TargetID: v.tab})
	if err != nil {
		return
	}
	size := p.b.size
	width, height := size.Width, size.Height
	left, top := 0, 0
	for range 10 { // it gets there a moment later
		raw, err := p.evaluateApart(ctx, v, "[innerWidth, innerHeight, devicePixelRatio]")
		if err != nil {
			return
		}
		now, _, err := parseGeometry(raw)
		if err != nil || now == size {
			return
		}
		if res.Bounds != nil && res.Bounds.Width == int64(width) && res.Bounds.Height == int64(height) {
			width, height = width+size.Width-now.Width, height+size.Height-now.Height
			left, top = (size.Width-width)/2, size.Height-height // the frame is above and on both sides
		}
		x, y := int64(left), int64(top)
		_, err = cdp.Call(ctx, p.b.cdp, browser.SetWindowBounds, browser.SetWindowBoundsParams{WindowID: res.WindowID,
			Bounds: &browser.Bounds{Left: &x, Top: &y, Width: int64(width), Height: int64(height)}})
		if err != nil {
			p.b.log.Debug("a window could not be sized", "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(windowPoll):
		}
		if res, err = cdp.Call(ctx, p.b.cdp, browser.GetWindowForTarget, browser.GetWindowForTargetParams{TargetID: v.tab}); err != nil {
			return
		}
	}
}
