package source

import (
	"context"
	"time"

	"beam/capture/chrome"
)

// document takes what is told of the documents that the page goes to. One that the
// browser made to tell of an error is loaded anew by the keeper.
func (s *Source) document(d chrome.Document) {
	switch {
	case d.Failed && d.Loaded:
		s.OnNotice("the page could not be loaded: %s (%s); it is tried again", d.URL, d.Error)
		select {
		case s.errorPages <- struct{}{}:
		default: // it is about to be seen to
		}
	case d.Tab && !d.Loaded:
		s.OnNotice("the page opened another tab, which is recorded from now on: %s", d.URL)
	case d.Loaded && d.Status >= 400:
		s.OnNotice("the page that is there now was answered with http status %d: %s", d.Status, d.URL)
	}
}

// errorCalm is how long the page has to stay without an error for the next one to
// be the first again.
const errorCalm = time.Minute

// reloadErrors loads the page anew when the browser shows an error in its place,
// with a growing delay, until ctx ends.
func (k *Keeper) reloadErrors(ctx context.Context, page *chrome.Page) {
	var last time.Time
	for try := 0; ; try++ {
		select {
		case <-ctx.Done():
			return
		case <-k.Source.errorPages:
		}
		if time.Since(last) > errorCalm {
			try = 0
		}
		last = time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(delayBefore(try + 1)):
		}
		if err := page.Reload(ctx); err != nil && ctx.Err() == nil {
			k.Log.Debug("the page was not loaded anew", "error", err)
		}
	}
}
