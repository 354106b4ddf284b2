package chrome

import (
	"encoding/json"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
)

// Sender is which part of a page a message comes from. It is told by the
// browser, not by the page.
type Sender int

// The senders, the least trusted one first.
const (
	SenderForeign Sender = iota // a frame of another origin, or one that is gone
	SenderChild                 // a frame of the main frame's origin
	SenderMain                  // the main frame
)

// String names the sender for a log.
func (s Sender) String() string {
	switch s {
	case SenderMain:
		return "main frame"
	case SenderChild:
		return "frame of the same origin"
	}
	return "foreign frame"
}

// worlds knows to which frame of a page each JavaScript context belongs.
type worlds struct {
	main cdp.FrameID

	mu     sync.Mutex
	origin string // of the main frame's document
	held   map[runtime.ExecutionContextID]world
	ids    map[string]runtime.ExecutionContextID // by their unique names
}

type world struct {
	frame  cdp.FrameID
	origin string
	pages  bool // it is where the scripts of the frame's document run
}

func newWorlds(main cdp.FrameID) *worlds {
	return &worlds{main: main, held: map[runtime.ExecutionContextID]world{}, ids: map[string]runtime.ExecutionContextID{}}
}

// onEvent takes the events of the Runtime domain, in their order.
func (w *worlds) onEvent(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExecutionContextCreated:
		w.add(ev.Context)
	case *runtime.EventExecutionContextDestroyed:
		delete(w.held, w.ids[ev.ExecutionContextUniqueID])
		delete(w.ids, ev.ExecutionContextUniqueID)
	case *runtime.EventExecutionContextsCleared:
		clear(w.held)
		clear(w.ids)
	}
}

func (w *worlds) add(c *runtime.ExecutionContextDescription) {
	var aux struct {
		IsDefault bool        `json:"isDefault"`
		FrameID   cdp.FrameID `json:"frameId"`
	}
	if c == nil || json.Unmarshal(c.AuxData, &aux) != nil {
		return
	}
	w.held[c.ID], w.ids[c.UniqueID] = world{aux.FrameID, c.Origin, aux.IsDefault}, c.ID
	if aux.IsDefault && aux.FrameID == w.main {
		w.origin = c.Origin
	}
}

// pages returns the contexts in which the scripts of the frames' documents run: of
// all frames, or of all below the main one.
func (w *worlds) pages(main bool) (ids []runtime.ExecutionContextID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, c := range w.held {
		if c.pages && (main || c.frame != w.main) {
			ids = append(ids, id)
		}
	}
	return ids
}

// has tells whether a context is still there.
func (w *worlds) has(id runtime.ExecutionContextID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.held[id]
	return ok
}

// sender returns whose context it is. Two documents without an origin of their
// own (HTML, 7.1.1, opaque origins) are foreign to each other.
func (w *worlds) sender(id runtime.ExecutionContextID) Sender {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.held[id]
	switch {
	case !ok:
		return SenderForeign
	case c.frame == w.main:
		return SenderMain
	case c.origin == w.origin && originOf(c.origin) != "":
		return SenderChild
	}
	return SenderForeign
}
