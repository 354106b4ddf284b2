package chrome

import (
	"fmt"
	"net/url"

	"github.com/chromedp/cdproto/network"
)

// onNetwork tells OpenOptions.OnRequest what became of a request while the page
// is opened. Of later ones those that fail are told by the browser's log.
func (p *Page) onNetwork(v *view, ev any) {
	if p.o.OnRequest == nil {
		return
	}
	var line string
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		line = fmt.Sprintf("-> %s %s", ev.Request.Method, plainURL(ev.Request.URL))
	case *network.EventResponseReceived:
		line = fmt.Sprintf("%d %s %s", ev.Response.Status, ev.Type, plainURL(ev.Response.URL))
	case *network.EventLoadingFailed:
		line = fmt.Sprintf("failed: %s %s %s", ev.Type, ev.ErrorText, ev.BlockedReason)
	case *network.EventWebSocketCreated:
		line = "-> WebSocket " + plainURL(ev.URL)
	case *network.EventWebSocketHandshakeResponseReceived:
		line = fmt.Sprintf("%d WebSocket", ev.Response.Status)
	case *network.EventWebSocketFrameError:
		line = "failed: WebSocket " + ev.ErrorMessage
	default:
		return
	}
	v.deliver(func() { p.o.OnRequest(line) }, p.messages.push)
}

// plainURL returns a URL without what may be secret in it.
func plainURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Scheme == "data" {
		return "(" + schemeOf(raw) + ")"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

func schemeOf(raw string) string {
	for i, c := range raw {
		if c == ':' {
			return raw[:i]
		}
		if i == 20 {
			break
		}
	}
	return "no URL"
}
