package chrome

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
)

type tabID = target.ID

// tabs knows the one tab that is recorded, and finds those that pages or the
// browser open beside it.
type tabs struct {
	mu  sync.Mutex // held while a tab is being opened
	own tabID      // "" when it is gone or of no use any more
	old tabID      // one that crashed: to be closed, but not as the last of its window

	opened chan tabID // page targets that appeared
}

func (t *tabs) init() { t.opened = make(chan tabID, 256) }

// onEvent takes the events of the browser. It must not block.
func (t *tabs) onEvent(ev any) {
	if ev, ok := ev.(*target.EventTargetCreated); ok && ev.TargetInfo.Type == "page" {
		select {
		case t.opened <- ev.TargetInfo.TargetID:
		default: // a page that opens windows in a loop; the first ones are being closed
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
				_, err := cdp.Call(ctx, s, target.SetDiscoverTargets, target.SetDiscoverTargetsParams{Discover: true})
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

// current returns the tab to be recorded; when the last one is gone or was
// given up it opens a new one, in the same window if there is one.
func (t *tabs) current(ctx context.Context, s cdp.Session) (tabID, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own != "" {
		return t.own, nil
	}
	res, err := cdp.Call(ctx, s, target.CreateTarget, target.CreateTargetParams{URL: "about:blank"})
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

// giveUp says that a tab is gone or crashed.
func (t *tabs) giveUp(id tabID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.own == id {
		t.own, t.old = "", id
	}
}

// isOwn reports whether id is the recorded tab.
func (t *tabs) isOwn(id tabID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.own == id
}

// closeStrays closes every tab and window but the recorded one, so that none
// covers the picture.
func (b *Browser) closeStrays(ctx context.Context) {
	for {
		var id tabID
		select {
		case <-ctx.Done():
			return
		case <-b.done:
			return
		case id = <-b.tabs.opened:
		}
		if b.tabs.isOwn(id) {
			continue
		}
		_, err := cdp.Call(ctx, b.cdp, target.CloseTarget, target.CloseTargetParams{TargetID: id})
		if err != nil && !errors.Is(err, context.Canceled) {
			b.log.Debug("window could not be closed", "error", err)
			continue
		}
		b.log.Info("closed a window that the page opened")
	}
}
