package chrome

import (
	"encoding/json"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
)

// adoption has chromedp use the session that the browser opened to a new tab,
// for which the tab waits, in the place of one of its own. Only what is sent on
// that session before the tab may begin is there when its first document is; to
// others the browser answers when the tab has begun.
//
// chromedp asks for a session with Target.attachToTarget. That command is
// replaced by one that does nothing, and the answer by the session's name. Its
// first command on the session then lets the tab begin: from there on the events
// of the session reach it.
type adoption struct {
	mu      sync.Mutex
	tabs    map[tabID]target.SessionID
	answers map[int64]target.SessionID // of the commands that were replaced
	waiting map[target.SessionID]bool
}

// expect prepares the adoption of a tab.
func (a *adoption) expect(tab tabID, session target.SessionID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tabs == nil {
		a.tabs, a.answers, a.waiting = map[tabID]target.SessionID{}, map[int64]target.SessionID{}, map[target.SessionID]bool{}
	}
	a.tabs[tab] = session
}

// sends takes a message to the browser. It returns what to send in its place, and
// whether the tab that waits for its session is to begin after it.
func (a *adoption) sends(msg *cdproto.Message) (out *cdproto.Message, begins bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tabs) == 0 && len(a.waiting) == 0 {
		return msg, false
	}
	if a.waiting[msg.SessionID] {
		delete(a.waiting, msg.SessionID)
		return msg, true
	}
	var to target.AttachToTargetParams
	if msg.Method != target.CommandAttachToTarget || json.Unmarshal(msg.Params, &to) != nil {
		return msg, false
	}
	session, ok := a.tabs[to.TargetID]
	if !ok {
		return msg, false
	}
	delete(a.tabs, to.TargetID)
	a.answers[msg.ID], a.waiting[session] = session, true
	return &cdproto.Message{ID: msg.ID, Method: browser.CommandGetVersion}, false
}

// receives takes a message of the browser, and changes it if it answers a command
// that was replaced.
func (a *adoption) receives(msg *cdproto.Message) {
	if msg.ID == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	session, ok := a.answers[msg.ID]
	if !ok {
		return
	}
	delete(a.answers, msg.ID)
	if raw, err := json.Marshal(target.AttachToTargetResult{SessionID: session}); err == nil && msg.Error == nil {
		msg.Result = jsonv2.Value(raw)
	}
}
