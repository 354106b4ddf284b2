package chrome

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"

	"beam/capture"
)

// Access is what a page asks for before it lets anybody in. All of it goes to
// the origin of OpenOptions.URL alone (RFC 6454: scheme, host and port), also
// where that origin redirects to another one or embeds another one's content.
//
// Requests of service workers and the handshakes of WebSockets carry no headers;
// they have the cookies and, once the page has been let in, the password.
type Access struct {
	Headers  []Field // added to each request; one of the same name is replaced
	Cookies  []Field // session cookies of the host, for all of its paths
	User     string  // for HTTP authentication (RFC 7235), basic or digest
	Password Secret
	HasLogin bool // User and Password are to be used, even when empty
}

// Field is a header or a cookie.
type Field struct {
	Name  string
	Value Secret
}

// unsafeHeaders are those that Chrome writes itself and does not let be replaced.
var unsafeHeaders = []string{"connection", "content-length", "cookie", "expect", "host", "keep-alive",
	"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}

// Check returns what is wrong with the fields: names that are no tokens (RFC
// 9110, 5.6.2), values that would end a line, headers that only the browser may
// write. No value is in the error.
func (a Access) Check() error {
	for _, f := range a.Headers {
		switch {
		case !isToken(f.Name):
			return fmt.Errorf("%q is no name of a header", f.Name)
		case slices.Contains(unsafeHeaders, strings.ToLower(f.Name)):
			return fmt.Errorf("the header %s is the browser's own", f.Name)
		case strings.ContainsAny(string(f.Value), "\r\n\x00"):
			return fmt.Errorf("the value of the header %s has a line break", f.Name)
		}
	}
	for _, f := range a.Cookies {
		switch {
		case !isToken(f.Name):
			return fmt.Errorf("%q is no name of a cookie", f.Name)
		case strings.ContainsAny(string(f.Value), "\r\n\x00;"):
			return fmt.Errorf("the value of the cookie %s has a semicolon or a line break", f.Name)
		}
	}
	return nil
}

func isToken(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r) {
			return false
		}
	}
	return s != ""
}

// originOf returns scheme, host and port of a URL, without the scheme's own
// port, as Chrome writes it; "" when the URL has no such origin.
func originOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		port = ""
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return scheme + "://" + host
}

// gate lets the requests of a page pass that Access has something to add to.
type gate struct {
	access Access
	origin string
	events *queue[any]
	// asked are the requests that the password was given for: one that comes
	// again was refused.
	asked map[fetch.RequestID]bool
}

// maxPaused is how many requests of the page may wait for the gate.
const maxPaused = 10_000

// newGate returns nil when requests need nothing.
func newGate(o OpenOptions) *gate {
	if len(o.Access.Headers) == 0 && !o.Access.HasLogin {
		return nil
	}
	return &gate{access: o.Access, origin: originOf(o.URL), events: newQueue[any](maxPaused),
		asked: make(map[fetch.RequestID]bool)}
}

// grant sets the cookies and opens the gate.
func (p *Page) grant(ctx context.Context) error {
	a := p.o.Access
	if err := a.Check(); err != nil {
		return &capture.Fault{Class: capture.ClassUsage, Op: "prepare the page", Err: err}
	}
	origin := originOf(p.o.URL)
	if origin == "" && (p.gate != nil || len(a.Cookies) > 0) {
		return &capture.Fault{Class: capture.ClassUsage, Op: "prepare the page",
			Err: errors.New("headers, cookies and passwords need an http or https address")}
	}
	secure := strings.HasPrefix(origin, "https:")
	for _, c := range a.Cookies {
		_, err := cdp.Call(ctx, p.t, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: string(c.Value), URL: origin + "/", Path: "/", Secure: &secure})
		if err != nil {
			return fmt.Errorf("set the cookie %s: %w", c.Name, err)
		}
	}
	if p.gate == nil {
		return nil
	}
	_, err := cdp.Call(ctx, p.t, fetch.Enable, fetch.EnableParams{
		Patterns:           []*fetch.RequestPattern{{URLPattern: origin + "/*"}},
		HandleAuthRequests: &a.HasLogin,
	})
	return err
}

// answerRequests lets paused requests go on until ctx ends; when the session
// ends Chrome lets go of those that are left.
func (p *Page) answerRequests(ctx context.Context) {
	p.gate.events.run(ctx, func(ev any) {
		var err error
		switch ev := ev.(type) {
		case *fetch.EventRequestPaused:
			err = p.passRequest(ctx, ev)
		case *fetch.EventAuthRequired:
			_, err = cdp.Call(ctx, p.t, fetch.ContinueWithAuth, fetch.ContinueWithAuthParams{
				RequestID: ev.RequestID, AuthChallengeResponse: p.gate.answer(ev)})
		}
		if err != nil && ctx.Err() == nil {
			p.b.log.Debug("request was gone", "error", err) // a page that was left
		}
	}, func(lost int) {
		p.b.log.Warn("page makes more requests than can be let pass", "lost", lost)
	})
}

func (p *Page) passRequest(ctx context.Context, ev *fetch.EventRequestPaused) error {
	_, err := cdp.Call(ctx, p.t, fetch.ContinueRequest, fetch.ContinueRequestParams{
		RequestID: ev.RequestID, Headers: p.gate.headers(ev.Request)})
	return err
}

// headers returns the headers of a request, nil for those that it has. The
// pattern of the gate lets only requests to the origin through to here; the
// origin is compared again because a secret must not hang on a pattern.
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

// answer gives the password once for each request of the page's own server,
// and to nobody else.
func (g *gate) answer(ev *fetch.EventAuthRequired) *fetch.AuthChallengeResponse {
	c := ev.AuthChallenge
	switch {
	case c == nil || c.Source == fetch.AuthChallengeSourceProxy:
		return &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseDefault}
	case originOf(c.Origin) != g.origin || g.asked[ev.RequestID]:
		return &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseCancelAuth}
	}
	if len(g.asked) >= maxPaused {
		clear(g.asked)
	}
	g.asked[ev.RequestID] = true
	return &fetch.AuthChallengeResponse{Response: fetch.AuthChallengeResponseResponseProvideCredentials,
		Username: g.access.User, Password: string(g.access.Password)}
}
