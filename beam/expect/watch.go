package expect

import (
	"context"
	"time"

	"beam/capture/inspect"
)

// Watch collects what expectations need while a page is recorded.
type Watch struct {
	Wanted  Wanted
	Texts   *Texts
	Console *Console
}

// NewWatch returns a Watch for what is wanted; hide takes out of a text what Beam
// gives to the page and no outcome may repeat.
func NewWatch(w Wanted, hide func(string) string) *Watch {
	return &Watch{Wanted: w, Texts: NewTexts(w.Texts, hide), Console: NewConsole(hide)}
}

const (
	lookEvery = time.Second
	lookLimit = 5 * time.Second // of one look: a page that hangs is not waited for
)

// Run looks for the texts once a second until ctx ends or all were seen.
// evaluate is chrome.Page.Evaluate of the page that is there; its errors, as of a
// page that is being left, are passed over.
func (w *Watch) Run(ctx context.Context, evaluate func(ctx context.Context, expr string) ([]byte, error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for w.Ask(ctx, evaluate) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Ask looks for the texts once, and returns false when nothing is left to look
// for. It is for the end of a recording too, while the page is still there.
func (w *Watch) Ask(ctx context.Context, evaluate func(ctx context.Context, expr string) ([]byte, error)) bool {
	expr, more := w.Texts.Expression()
	if !more {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	if answer, err := evaluate(ctx, expr); err == nil {
		// An answer of a page that meddles with its own text counts for nothing.
		_ = w.Texts.Observe(answer)
	}
	return true
}

// Look decodes the finished recording and adds what was collected.
func (w *Watch) Look(ctx context.Context, tools inspect.Tools, path string) (Seen, error) {
	s, err := Look(ctx, tools, path, w.Wanted)
	s.Texts, s.Console = w.Texts.Seen(), w.Console.Seen()
	return s, err
}
