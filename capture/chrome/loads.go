package chrome

import (
	"sync"

	"github.com/chromedp/cdproto/cdp"
)

// loads follows the documents of the page's main frame while it is opened.
type loads struct {
	mu      sync.Mutex
	main    cdp.FrameID
	before  cdp.LoaderID // of the document that is being left
	status  map[cdp.LoaderID]int
	ready   chan struct{} // closed when a new document has its content
	isReady bool
}

func newLoads() *loads {
	return &loads{status: map[cdp.LoaderID]int{}, ready: make(chan struct{})}
}

// begin says which frame is meant, and which of its documents is the old one.
func (l *loads) begin(main cdp.FrameID, before cdp.LoaderID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.main, l.before = main, before
}

// response notes the HTTP status of a document.
func (l *loads) response(frame cdp.FrameID, loader cdp.LoaderID, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if frame == l.main && !l.isReady {
		l.status[loader] = status
	}
}

// loaded notes that a document has its content. A page that sends the browser
// on to another one before its own content is there never gets so far, so
// that any new document counts.
func (l *loads) loaded(frame cdp.FrameID, loader cdp.LoaderID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.main == "" || frame != l.main || loader == l.before || l.isReady {
		return
	}
	l.isReady = true
	close(l.ready)
}

// statusOf returns the HTTP status of a document, 0 when it has none.
func (l *loads) statusOf(loader cdp.LoaderID) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status[loader]
}
