package chrome

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

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

// allow checks Access and sets its cookies.
func (p *Page) allow(ctx context.Context, v *view) error {
	a := p.o.Access
	if err := a.Check(); err != nil {
		return &capture.Fault{Class: capture.ClassUsage, Op: "prepare the page", Err: err}
	}
	if p.where.Origin == "" && (len(a.Headers) > 0 || len(a.Cookies) > 0 || a.HasLogin) {
		return &capture.Fault{Class: capture.ClassUsage, Op: "prepare the page",
			Err: errors.New("headers, cookies and passwords need an http or https address")}
	}
	p.gate.set(a, p.where.Origin, newGuard(p.where, p.o.AllowHosts, p.b.proxies.used))
	secure := strings.HasPrefix(p.where.Origin, "https:")
	for _, c := range a.Cookies {
		err := do(ctx, v.t, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: string(c.Value), URL: p.where.Origin + "/", Path: "/", Secure: &secure})
		if err != nil {
			return fmt.Errorf("set the cookie %s: %w", c.Name, err)
		}
	}
	return nil
}
