package chrome

import (
	"context"

	"github.com/chromedp/cdproto/page"
)

// dialog is one of a view that wants an answer.
type dialog struct {
	view *view
	kind page.DialogType
}

// answerDialogs closes the dialogs of the page, which stand still until then.
func (p *Page) answerDialogs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case d := <-p.dialogs:
			p.answerDialog(d)
		}
	}
}

// answerDialog does not wait: the session of a new tab may have no target yet.
func (p *Page) answerDialog(d dialog) {
	// A page may be left; everything else is refused.
	accept := d.kind == page.DialogTypeBeforeunload || d.kind == page.DialogTypeAlert
	err := p.b.pipe.command(d.view.session, page.CommandHandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: accept})
	if err == nil && p.notes.more(noteDialog) {
		p.b.log.Info("closed a dialog of the page", "type", d.kind)
	}
}
