package chrome

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// view is one tab of a page: that of Open, and each that the page opened.
type view struct {
	tab      tabID
	t        *chromedp.Target // nil until the view is attached
	session  string           // its name; of a tab that the page opened known from the beginning
	worlds   *worlds
	cancel   context.CancelFunc // ends the session
	detached <-chan struct{}
	loaded   chan struct{} // closed when it has a document with content
	unheard  atomic.Bool   // its requests are not reported any more

	mu      sync.Mutex
	stage   stage
	held    []func() // messages of a view that is not shown yet
	doc     Document
	address string       // of doc, in full
	has     bool         // loaded is closed
	loader  cdp.LoaderID // of the last document that had its content
}

// stage tells whether a view is the one that is recorded.
type stage int

const (
	stageNew     stage = iota // not yet
	stageCurrent              // now
	stageBehind               // not any more
)

// mostHeld is how many messages are kept of a view that is not shown yet.
const mostHeld = 1000

// frame is the id of the main frame; the protocol gives it the tab's.
func (v *view) frame() cdp.FrameID { return cdp.FrameID(v.tab) }

func (v *view) isCurrent() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stage == stageCurrent
}

// setStage returns the messages that were held back until now.
func (v *view) setStage(s stage) []func() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stage = s
	held := v.held
	v.held = nil
	return held
}

// deliver hands a message on if the view is shown, and keeps it if it is going
// to be.
func (v *view) deliver(f func(), push func(func())) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.stage == stageCurrent:
		push(f)
	case v.stage == stageNew && len(v.held) < mostHeld:
		v.held = append(v.held, f)
	}
}

// setDocument notes the document that is there now, and returns whether it is
// the same address as before.
func (v *view) setDocument(d Document, address string) (again bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	again = v.address == address
	d.Reloaded = again
	v.doc, v.address = d, address
	return again
}

func (v *view) document() Document {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.doc
}

// content notes that a document has its content. The empty page that each tab
// begins with has none.
func (v *view) content() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.has && v.address != "" && v.address != blankURL {
		v.has = true
		close(v.loaded)
	}
}

// newContent tells whether it is the first time that a document has content.
func (v *view) newContent(l cdp.LoaderID) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	first := v.loader != l
	v.loader = l
	return first
}

const blankURL = "about:blank"

// views are the tabs of a page; the last one is shown.
type views struct {
	mu    sync.Mutex
	all   []*view
	moved chan struct{} // closed when another one is shown
}

// current returns the view that is shown, and a channel that is closed when
// another one is.
func (vs *views) current() (*view, <-chan struct{}) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return vs.all[len(vs.all)-1], vs.moved
}

// push shows a view. It returns the one that was shown until now, nil for none.
func (vs *views) push(v *view) (before *view) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if n := len(vs.all); n > 0 {
		before = vs.all[n-1]
	}
	vs.all = append(vs.all, v)
	vs.move()
	return before
}

func (vs *views) move() {
	if vs.moved != nil {
		close(vs.moved)
	}
	vs.moved = make(chan struct{})
}

// drop takes out a view. Another one is shown if it was the last, which is
// returned; left tells how many there are. The only one stays.
func (vs *views) drop(v *view) (now *view, left int) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	i := slices.Index(vs.all, v)
	if i < 0 {
		return nil, len(vs.all)
	}
	if len(vs.all) == 1 {
		return nil, 0
	}
	last := i == len(vs.all)-1
	vs.all = slices.Delete(vs.all, i, i+1)
	if last {
		now = vs.all[len(vs.all)-1]
		vs.move()
	}
	return now, len(vs.all)
}

// list returns all views, the first one first.
func (vs *views) list() []*view {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	return slices.Clone(vs.all)
}

func newView(tab tabID) *view {
	return &view{tab: tab, worlds: newWorlds(cdp.FrameID(tab)), loaded: make(chan struct{})}
}

// attach opens a session to the view's tab. It lives until the view is left.
func (p *Page) attach(ctx context.Context, v *view) error {
	session, cancel := p.b.attach(v.tab, func(ev any) { p.onEvent(v, ev) })
	v.cancel = cancel
	// The session must outlive ctx, but attaching to it must not.
	abort := context.AfterFunc(ctx, cancel)
	_, err := chromedp.Run(session, func(_ context.Context, t *chromedp.Target) (chromedp.Void, error) {
		v.t = t
		return chromedp.Void{}, nil
	})
	if !abort() && err == nil {
		err = ctx.Err()
	}
	if err == nil {
		v.detached, err = chromedp.Detached(session)
	}
	if err != nil {
		cancel()
		return fmt.Errorf("attach to the tab: %w", err)
	}
	v.session = string(v.t.SessionID)
	return nil
}
