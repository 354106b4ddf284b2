package chrome

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// later are the scripts that a page's new documents run after OpenOptions.Script.
type later struct {
	mu      sync.Mutex
	kinds   []string // in the order in which they came first
	scripts map[string]string
}

func (l *later) set(kind, script string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.scripts == nil {
		l.scripts = map[string]string{}
	}
	if !slices.Contains(l.kinds, kind) {
		l.kinds = append(l.kinds, kind)
	}
	l.scripts[kind] = script
}

// list returns the last script of each kind.
func (l *later) list() (scripts []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, kind := range l.kinds {
		scripts = append(scripts, l.scripts[kind])
	}
	return scripts
}

// EachDocument has every document that the page goes to from now on, in each of its
// frames and tabs, run a script after OpenOptions.Script and before its own. A later
// script of the same kind runs after it, so what both set is as the later one has it.
// The documents that are there are left as they are.
func (p *Page) EachDocument(ctx context.Context, kind, script string) error {
	p.later.set(kind, script)
	for _, v := range p.views.list() {
		_, err := cdp.Call(ctx, v.t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		if err != nil {
			return p.callErr("set what each document runs", err)
		}
	}
	return nil
}

// frameLimit is how long one frame may take for what each has to do.
const frameLimit = 2 * time.Second

// EachOtherFrame has every frame that is there evaluate an expression, but for the main
// frame that is shown: those in it, of whatever origin, and those of the tabs behind
// it, which are still heard. None of them is out of the tab's process, as there is no
// site isolation (flags.go). A frame that goes meanwhile is left out; what the others
// could not do is returned, once all were asked.
func (p *Page) EachOtherFrame(ctx context.Context, expr string) error {
	var failed []error
	shown, _ := p.views.current()
	for _, v := range p.views.list() {
		for _, id := range v.worlds.pages(v != shown) {
			asked, cancel := context.WithTimeout(ctx, frameLimit)
			_, err := p.evaluate(asked, v, "tell a frame of the page", runtime.EvaluateParams{Expression: expr, ContextID: id})
			cancel()
			if err != nil && v.worlds.has(id) && !isClosed(v.detached) {
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}
