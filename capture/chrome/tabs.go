package chrome

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
)

type tabID = target.ID

// tabs knows the tab that Open uses, and gets to know those that pages open
// beside it before anything of theirs runs.
type tabs struct {
	mu   sync.Mutex // held while a tab is being opened
	own  tabID      // "" when it is gone or of no use any more
	old  tabID      // one that crashed: to be closed, but not as the last of its window
	page *Page      // that is shown, nil while none is

	opened chan newcomer
}

// newcomer is a tab that appeared. It waits with its first document for the
// session that the browser opened to it.
type newcomer struct {
	tab     tabID
	url     string
	session target.SessionID
}

func (t *tabs) init() { t.opened = make(chan newcomer, 256) }

// onEvent takes the events of the browser. It must not block. Sessions to tabs
// that don't wait are those that were asked for.
func (t *tabs) onEvent(ev any) {
	if ev, ok := ev.(*target.EventAttachedToTarget); ok && ev.TargetInfo.Type == "page" && ev.WaitingForDebugger {
		select {
		case t.opened <- newcomer{ev.TargetInfo.TargetID, ev.TargetInfo.URL, ev.SessionID}:
		default: // a page that opens windows in a loop; those wait for ever
		}
	}
}

// find waits for the first tab of the browser, and starts the reports of new
// ones.
func (t *tabs) find(ctx context.Context, s cdp.Session) error {
	for {
		res, err := cdp.Call(ctx, s, target.GetTargets, target.GetTargetsParams{})
		if err != nil {
			return err
		}
		for _, info := range res.TargetInfos {
			if info.Type == "page" {
				t.own = info.TargetID
				flat := true
				_, err := cdp.Call(ctx, s, target.SetAutoAttach, target.SetAutoAttachParams{
					AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: &flat,
					Filter: target.Filter{{Type: "page"}},
				})
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("browser opened no tab: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// current returns the tab for the next page; when the last one is gone or was
// given up it opens a new one, in the same window if there is one.
func (t *tabs) current(ctx context.Context, s cdp.Session) (tabID, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own != "" {
		return t.own, nil
	}
	res, err := cdp.Call(ctx, s, target.CreateTarget, target.CreateTargetParams{URL: blankURL})
	if err != nil {
		return "", fmt.Errorf("open a tab: %w", err)
	}
	t.own = res.TargetID
	if t.old != "" {
		// It may be gone by now.
		_, _ = cdp.Call(ctx, s, target.CloseTarget, target.CloseTargetParams{TargetID: t.old})
		t.old = ""
	}
	return t.own, nil
}

// giveUp says that the tab is gone or crashed.
func (t *tabs) giveUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own != "" {
		t.own, t.old = "", t.own
	}
}

// owned says which tab the next page is to use.
func (t *tabs) owned(id tabID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.own = id
}

// shows says which page gets the tabs that are opened from now on.
func (t *tabs) shows(p *Page) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.page = p
}

// hand gives a new tab to the page that is shown, and returns whether it took
// it, and whether it is Open's own.
func (t *tabs) hand(ctx context.Context, n newcomer) (taken, own bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own == n.tab {
		return false, true
	}
	if t.page == nil {
		return false, false
	}
	t.page.follow(ctx, n) // under the lock: the page is not left meanwhile
	return true, false
}

// receiveTabs gives each new tab to the page that is shown, which opened it, or
// closes it when there is none.
func (b *Browser) receiveTabs(ctx context.Context) {
	for {
		var n newcomer
		select {
		case <-ctx.Done():
			return
		case <-b.done:
			return
		case n = <-b.tabs.opened:
		}
		taken, own := b.tabs.hand(ctx, n)
		switch {
		case taken:
		case own:
			b.release(n)
		default:
			b.closeTab(n)
		}
	}
}

// release lets a new tab begin, and ends the session that it waited for.
func (b *Browser) release(n newcomer) {
	_ = b.pipe.post(string(n.session), runtime.CommandRunIfWaitingForDebugger, nil)
	b.post(target.CommandDetachFromTarget, target.DetachFromTargetParams{SessionID: n.session})
}

// post sends a command to the browser itself whose answer nobody needs.
func (b *Browser) post(method string, params any) {
	if err := b.pipe.command("", method, params); err != nil {
		b.log.Debug("browser could not be told", "method", method, "error", err)
	}
}

func (b *Browser) closeTab(n newcomer) {
	b.release(n)
	b.post(target.CommandCloseTarget, target.CloseTargetParams{TargetID: n.tab})
	b.log.Info("closed a window that nobody asked for")
}
