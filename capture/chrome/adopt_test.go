package chrome

import (
	"testing"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/target"
)

// chromedp gets the session that a new tab waits for in the place of one of its
// own, and its first command on it lets the tab begin.
func TestAdoption(t *testing.T) {
	var a adoption
	attach := func(id int64, tab string) *cdproto.Message {
		return &cdproto.Message{ID: id, Method: target.CommandAttachToTarget, Params: []byte(`{"targetId":"` + tab + `","flatten":true}`)}
	}
	untouched := func(msg *cdproto.Message) {
		t.Helper()
		if out, begins := a.sends(msg); out != msg || begins {
			t.Errorf("%s %s is replaced", msg.Method, msg.Params)
		}
	}
	untouched(attach(1, "T"))
	a.expect("T", "S")
	untouched(attach(2, "other"))
	untouched(&cdproto.Message{ID: 3, Method: "Runtime.enable", SessionID: "S"}) // nobody has it yet
	out, begins := a.sends(attach(4, "T"))
	if begins || out.ID != 4 || out.Method != browser.CommandGetVersion || len(out.Params) > 0 {
		t.Errorf("%+v, %v", out, begins)
	}
	answer := &cdproto.Message{ID: 4, Result: []byte(`{"product":"Chrome"}`)}
	a.receives(answer)
	if string(answer.Result) != `{"sessionId":"S"}` {
		t.Errorf("%s", answer.Result)
	}
	other := &cdproto.Message{ID: 5, Result: []byte(`{}`)}
	a.receives(other)
	if string(other.Result) != `{}` {
		t.Errorf("%s", other.Result)
	}
	first := &cdproto.Message{ID: 6, Method: "Runtime.enable", SessionID: "S"}
	if out, begins := a.sends(first); out != first || !begins {
		t.Error("the tab does not begin")
	}
	untouched(&cdproto.Message{ID: 7, Method: "Page.enable", SessionID: "S"})
	untouched(attach(8, "T"))
	failed := &cdproto.Message{ID: 4, Error: &cdproto.Error{Message: "gone"}}
	a.receives(failed)
	if failed.Result != nil {
		t.Errorf("%s", failed.Result)
	}
}
