package chrome

import (
	"context"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
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
// The document that is there is left as it is.
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
