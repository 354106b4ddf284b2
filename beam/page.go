package beam

import (
	"context"
	"errors"
	"time"

	"beam/capture"
	"beam/capture/chrome"
)

// How the page is watched.
const (
	heartbeatEvery = 5 * time.Second
	heartbeatLimit = 15 * time.Second // of one heartbeat: a busy renderer is not a dead one
	mostMissed     = 2                // heartbeats in a row; then the page hangs
	mostRejoins    = 3                // in one recording
)

// screencast takes the page's pictures, also from the pages that take the place
// of a lost one, until ctx ends.
func (t *take) screencast(ctx context.Context) {
	t.withPage(ctx, func(page *chrome.Page) error {
		return page.Screencast(ctx, chrome.ScreencastOptions{Quality: jpegQuality, FPS: float64(t.settings.FPS)}, t.video.take)
	})
}

// watchPage waits for the loss of the page where no screencast would tell.
func (t *take) watchPage(ctx context.Context) {
	t.withPage(ctx, func(page *chrome.Page) error {
		select {
		case <-ctx.Done():
			return nil
		case <-page.Lost():
			return page.Err()
		}
	})
}

// withPage runs use on the page and, when the page is lost, joins again and
// runs it on the new one.
func (t *take) withPage(ctx context.Context, use func(*chrome.Page) error) {
	for {
		err := use(t.studio.current())
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = &capture.Fault{Class: capture.ClassBrowser, Op: "record the page", Err: errors.New("the screencast ended by itself")}
		}
		if errors.Is(err, chrome.ErrPageClosed) || t.rejoins >= mostRejoins {
			t.report(err)
			return
		}
		t.rejoins++
		t.notice("the browser was lost, joining again (%d of %d): %v", t.rejoins, mostRejoins, err)
		if err := t.studio.rejoin(ctx, t.plan); err != nil {
			if ctx.Err() == nil {
				t.report(&capture.Fault{Class: capture.ClassBrowser, Op: "join again", Err: err})
			}
			return
		}
	}
}

// heartbeat asks the page from time to time whether it is alive, so that a page
// that does not change and one that hangs are told apart. One that hangs is
// given up, and joined again.
func (t *take) heartbeat(ctx context.Context) {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	missed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		page := t.studio.current()
		if page == nil {
			continue // being joined again
		}
		one, cancel := context.WithTimeout(ctx, heartbeatLimit)
		err := page.Alive(one)
		cancel()
		if err == nil || ctx.Err() != nil || page != t.studio.current() {
			missed = 0
			continue
		}
		select {
		case <-page.Lost(): // whoever watches the page joins again
			continue
		default:
		}
		missed++
		t.notice("the page has not answered for %v", heartbeatLimit)
		if missed == mostMissed {
			missed = 0
			t.studio.closeBrowser(ctx) // so the page is lost
		}
	}
}
