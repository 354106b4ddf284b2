package chrome

import "context"

// watch waits for the end of the page's first tab, of the browser, or of any
// renderer.
func (p *Page) watch(ctx context.Context, first *view) {
	detached := first.detached
	for {
		select {
		case <-p.done:
			return
		case v := <-p.crashed:
			if p.watchCrash(v) {
				return
			}
		case <-detached:
			if p.lostView(ctx, first) {
				return
			}
			detached = nil // its last tab is watched by whoever follows it
		case <-p.b.done:
			p.browserLost()
			return
		}
	}
}

// watchCrash returns whether the page is lost with a view.
func (p *Page) watchCrash(v *view) bool {
	if v.isCurrent() {
		p.lose(ErrPageCrashed, "the page or the machine may have run out of memory")
		return true
	}
	p.views.drop(v)
	return false
}

// lostView takes out a view whose tab is gone, and returns whether the page is
// lost with it.
func (p *Page) lostView(ctx context.Context, v *view) bool {
	if isClosed(p.b.closing) {
		p.lose(ErrClosed, "")
		return true
	}
	now, left := p.views.drop(v)
	if left == 0 { // also when the browser ends with its last window
		p.lose(ErrPageClosed, "")
		return true
	}
	p.b.tabs.owned(p.views.list()[0].tab)
	if now != nil {
		p.show(ctx, now)
	}
	return false
}

func (p *Page) browserLost() {
	if isClosed(p.b.closing) {
		p.lose(ErrClosed, "")
		return
	}
	p.lose(p.b.err, "")
}
