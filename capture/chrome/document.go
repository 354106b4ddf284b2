package chrome

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
)

// Document is a document that took the place of the one that a Page showed
// before: by a link, a reload, a script, or in a tab that the page opened. The
// people and the media of the old one are gone with it.
type Document struct {
	URL string // without user, query and fragment, which may be secret
	// Loaded: its content is there. Each document is told when it takes the
	// place, and once more when it is loaded.
	Loaded   bool
	Reloaded bool // it is the same address once more
	Tab      bool // it is in another tab than the last one
	Failed   bool // it is the browser's own page that tells of an error
	// Once it is loaded: the HTTP status, 0 for none or for one that came from
	// elsewhere, and the browser's name of the error ("ERR_CONNECTION_REFUSED").
	Status int
	Error  string
}

// documentScript asks a document that is loaded how it came.
const documentScript = `(() => {
  const entry = performance.getEntriesByType('navigation')[0];
  return {
    status: entry?.responseStatus ?? 0,
    error: location.protocol === 'chrome-error:' ? document.querySelector('.error-code')?.textContent ?? '' : '',
  };
})()`

// contentEvents are those of a document (Page.lifecycleEvent) that has its
// content. One whose script leads to another program's address while it is read
// is not read to its end, and only the last one comes.
var contentEvents = []string{"DOMContentLoaded", "load", "networkIdle"}

// describeLimit is how long a new document may take to answer.
const describeLimit = 2 * time.Second

// onDocument takes the events that tell of a view's documents.
func (p *Page) onDocument(v *view, ev any) {
	switch ev := ev.(type) {
	case *page.EventFrameNavigated:
		if ev.Frame.ParentID == "" {
			p.committed(v, ev.Frame)
		}
	case *page.EventLifecycleEvent:
		if !slices.Contains(contentEvents, ev.Name) {
			return
		}
		p.loads.loaded(ev.FrameID, ev.LoaderID)
		if ev.FrameID != v.frame() {
			return
		}
		v.content()
		if v.newContent(ev.LoaderID) && p.opened.Load() && v.isCurrent() {
			select {
			case p.described <- v:
			default: // a page that reloads in a loop
			}
		}
	}
}

// committed notes that a document has taken its place.
func (p *Page) committed(v *view, f *cdp.Frame) {
	d := Document{URL: f.URL, Failed: f.UnreachableURL != "" || strings.HasPrefix(f.URL, "chrome-error:")}
	if f.UnreachableURL != "" {
		d.URL = f.UnreachableURL
	}
	full := d.URL
	d.URL = plainURL(d.URL)
	d.Reloaded = v.setDocument(d, full)
	if p.opened.Load() && v.isCurrent() {
		p.tellDocument(d)
	}
}

func (p *Page) tellDocument(d Document) {
	if p.o.OnDocument != nil {
		p.messages.push(func() { p.o.OnDocument(d) })
	}
}

// describeDocuments tells of documents that are loaded, until ctx ends.
func (p *Page) describeDocuments(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-p.described:
			p.describe(ctx, v)
		}
	}
}

func (p *Page) describe(ctx context.Context, v *view) {
	ctx, cancel := context.WithTimeout(ctx, describeLimit)
	defer cancel()
	d := v.document()
	d.Loaded = true
	raw, err := p.evaluateApart(ctx, v, documentScript)
	if err == nil {
		var got struct {
			Status int
			Error  string
		}
		if json.Unmarshal(raw, &got) == nil {
			d.Status, d.Error = got.Status, got.Error
		}
	}
	if v.isCurrent() {
		p.tellDocument(d)
	}
}

// Reload loads the page's document anew, as a person would who sees an error
// page. It does not wait for it.
func (p *Page) Reload(ctx context.Context) error {
	_, err := cdp.Call(ctx, p.target(), page.Reload, page.ReloadParams{})
	return p.callErr("reload the page", err)
}
