package beam

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"beam/capture"
	"beam/capture/chrome"
	"beam/layout"
)

// How the page is watched.
const (
	heartbeatEvery = 5 * time.Second
	heartbeatLimit = 15 * time.Second // of one heartbeat: a busy renderer is not a dead one
	mostMissed     = 2                // heartbeats in a row; then the page hangs
	mostRejoins    = 3                // in one recording
)

// watchPage takes the page's pictures, where they come from a screencast, until
// ctx ends. When the page is lost it joins again and goes on with the new one.
func (t *take) watchPage(ctx context.Context) {
	for {
		err := t.usePage(ctx, t.studio.current())
		if ctx.Err() != nil {
			return
		}
		if pageClosed(err) || t.rejoins >= mostRejoins {
			t.report(err)
			return
		}
		t.rejoins++
		t.notice("the browser was lost, joining again (%d of %d): %v", t.rejoins, mostRejoins, err)
		if err := t.studio.rejoin(ctx); err != nil {
			var ended *endedError
			switch {
			case ctx.Err() != nil:
			case errors.As(err, &ended):
				t.studio.tell(ended.message)
			default:
				t.report(&capture.Fault{Class: capture.ClassBrowser, Op: "join again", Err: err})
			}
			return
		}
		t.meeting.rejoined()
		t.restoreLayout(ctx)
	}
}

// usePage hands the page's pictures to whichever segment is recorded, until the
// page is lost.
func (t *take) usePage(ctx context.Context, page *chrome.Page) error {
	if t.screen == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-page.Lost():
			return page.Err()
		}
	}
	for {
		video, changed := t.screen.now()
		if video != nil {
			if err := t.cast(ctx, page, video, changed); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-page.Lost():
			return page.Err()
		case <-changed:
		}
	}
}

// cast takes the page's pictures until they are to go elsewhere.
func (t *take) cast(ctx context.Context, page *chrome.Page, to *video, changed <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching errgroup.Group
	watching.Go(func() error {
		select {
		case <-changed:
		case <-ctx.Done():
		}
		cancel()
		return nil
	})
	err := page.Screencast(ctx, chrome.ScreencastOptions{Quality: jpegQuality, FPS: float64(t.settings.FPS)}, to.take)
	wanted := ctx.Err() == nil
	cancel()
	_ = watching.Wait() // it returns none
	if !wanted {
		return nil
	}
	return firstOf(err, &capture.Fault{Class: capture.ClassBrowser, Op: "record the page", Err: errEnded("the screencast")})
}

// restoreLayout brings a page that was joined again to the layout that was
// chosen while recording.
func (t *take) restoreLayout(ctx context.Context) {
	if name := t.meeting.chosenLayout(); name != "" {
		if err := t.setLayout(ctx, name); err != nil {
			t.notice("the layout %s was not restored: %v", name, err)
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

// endedError is the error of joining a meeting that is over, or that the
// recorder was removed from.
type endedError struct{ message layout.Message }

func (e *endedError) Error() string {
	text := map[string]string{
		layout.MessageEnded: "the meeting has ended", layout.MessageKicked: "the recorder was removed from the room",
	}[e.message.Type]
	if e.message.Text != "" {
		text += ": " + e.message.Text
	}
	return text
}
