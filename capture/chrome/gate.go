package chrome

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
)

// gate answers for the requests of a page: those that Access has something to
// add to, those that are asked for a login, and those that lead the main frame
// to another document.
type gate struct {
	events  *queue[paused]
	proxies proxies

	// Set before the first request.
	access Access
	origin string
	guard  *guard
	// asked are the requests that a login was given for: one that comes again
	// was refused.
	asked map[fetch.RequestID]bool

	mu      sync.Mutex
	refused string // the host that was refused last
}

// paused is an event of the Fetch domain about a request that waits.
type paused struct {
	view  *view
	event any
}

// maxPaused is how many requests of the page may wait for the gate.
const maxPaused = 10_000

func newGate(p proxies) *gate {
	return &gate{proxies: p, events: newQueue[paused](maxPaused), asked: make(map[fetch.RequestID]bool)}
}

// set says what the gate knows; it is not open yet.
func (g *gate) set(a Access, origin string, guard *guard) {
	g.access, g.origin, g.guard = a, origin, guard
}

// refusedHost returns the host that the main frame was kept from, "" for none.
func (g *gate) refusedHost() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused
}

func (g *gate) refuse(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused = host
}

// patterns returns the requests that the gate wants to see, and whether it
// answers for logins. In a window Chrome would ask for one over the page.
func (g *gate) patterns(windowed bool) ([]*fetch.RequestPattern, bool) {
	if windowed || g.access.HasLogin || len(g.proxies.logins) > 0 {
		// Chrome hands over the questions of those requests only that it stops.
		return []*fetch.RequestPattern{{URLPattern: "*"}}, true
	}
	all := []*fetch.RequestPattern{{URLPattern: "*", ResourceType: network.ResourceTypeDocument}}
	if len(g.access.Headers) > 0 {
		all = append(all, &fetch.RequestPattern{URLPattern: g.origin + "/*"})
	}
	return all, false
}

// answerRequests lets waiting requests go on until ctx ends; when the session
// ends Chrome lets go of those that are left. It does not wait for Chrome: a new
// tab answers nothing before its first request went on.
func (p *Page) answerRequests(ctx context.Context) {
	p.gate.events.run(ctx, func(w paused) {
		switch ev := w.event.(type) {
		case *fetch.EventRequestPaused:
			p.passRequest(ctx, w.view, ev)
		case *fetch.EventAuthRequired:
			p.answer(w.view, fetch.CommandContinueWithAuth, fetch.ContinueWithAuthParams{
				RequestID: ev.RequestID, AuthChallengeResponse: p.gate.answer(ev)})
		}
	}, func(lost int) {
		p.b.log.Warn("page makes more requests than can be let pass", "lost", lost)
	})
}

// answer says what becomes of a request. One whose page was left is gone.
func (p *Page) answer(v *view, method string, params any) {
	if err := p.b.pipe.command(v.session, method, params); err != nil {
		p.b.log.Debug("request could not be answered", "error", err)
	}
}

func (p *Page) passRequest(ctx context.Context, v *view, ev *fetch.EventRequestPaused) {
	if ev.ResourceType == network.ResourceTypeDocument && ev.FrameID == v.frame() && ev.Request != nil {
		host, verdict := p.gate.guard.quick(ev.Request.URL)
		if verdict == verdictAsk {
			p.run(func() { p.judgeRequest(ctx, v, ev, host) }) // names take their time
			return
		}
	}
	p.continueRequest(v, ev)
}

func (p *Page) continueRequest(v *view, ev *fetch.EventRequestPaused) {
	p.answer(v, fetch.CommandContinueRequest, fetch.ContinueRequestParams{RequestID: ev.RequestID, Headers: p.gate.headers(ev.Request)})
}

// judgeRequest lets the main frame go to a host that it may go to. Otherwise the
// navigation ends as one that answers with nothing does: the document stays.
func (p *Page) judgeRequest(ctx context.Context, v *view, ev *fetch.EventRequestPaused, host string) {
	if p.gate.guard.allows(ctx, host) {
		p.continueRequest(v, ev)
		return
	}
	p.gate.refuse(host)
	p.answer(v, fetch.CommandFailRequest, fetch.FailRequestParams{RequestID: ev.RequestID, ErrorReason: network.ErrorReasonAborted})
	if !p.notes.more(noteRefused) {
		return
	}
	p.b.log.Warn("the page may not lead to an address that is not public", "host", host)
	if p.o.OnRefused != nil && p.opened.Load() {
		p.messages.push(func() { p.o.OnRefused(host) })
	}
}

// headers returns the headers of a request, nil for those that it has. The
// origin is compared here because a secret must not hang on a pattern.
func (g *gate) headers(r *network.Request) []*fetch.HeaderEntry {
	if r == nil || len(g.access.Headers) == 0 || originOf(r.URL) != g.origin {
		return nil
	}
	var out []*fetch.HeaderEntry
	for name, value := range r.Headers {
		if text, ok := value.(string); ok && !g.replaces(name) {
			out = append(out, &fetch.HeaderEntry{Name: name, Value: text})
		}
	}
	for _, f := range g.access.Headers {
		out = append(out, &fetch.HeaderEntry{Name: f.Name, Value: string(f.Value)})
	}
	return out
}

func (g *gate) replaces(name string) bool {
	return slices.ContainsFunc(g.access.Headers, func(f Field) bool { return strings.EqualFold(f.Name, name) })
}

// answer gives a login once for each request: the page's own server and the
// proxies get theirs, and nobody else any. Without one the request ends with
// the status that asked for it (401, 407).
func (g *gate) answer(ev *fetch.EventAuthRequired) *fetch.AuthChallengeResponse {
	cancel := &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseCancelAuth}
	c := ev.AuthChallenge
	if c == nil {
		return cancel
	}
	var give login
	id := ev.RequestID
	if c.Source == fetch.AuthChallengeSourceProxy {
		known, ok := g.proxies.logins[originOf(c.Origin)]
		if !ok {
			return cancel
		}
		give, id = known, "proxy "+id // the server may ask for one too
	} else {
		if !g.access.HasLogin || originOf(c.Origin) != g.origin {
			return cancel
		}
		give = login{g.access.User, g.access.Password}
	}
	if g.asked[id] {
		return cancel
	}
	if len(g.asked) >= maxPaused {
		clear(g.asked)
	}
	g.asked[id] = true
	return &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseProvideCredentials,
		Username: give.user, Password: string(give.password)}
}
