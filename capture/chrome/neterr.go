package chrome

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto"

	"beam/capture"
)

// hostOf returns the host of a URL. Its path and query can hold keys of the
// room, so they go into no error.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "the page"
	case u.Host != "":
		return u.Host
	case u.Scheme != "":
		return "a " + u.Scheme + " address"
	}
	return "the page"
}

// navigateFault explains an error of the command itself, which Chrome returns
// for an address that is none.
func navigateFault(raw string, err error) error {
	var refused *cdproto.Error
	if errors.As(err, &refused) && !errors.Is(err, context.Canceled) {
		return &capture.Fault{Class: capture.ClassRoom, Op: "open " + hostOf(raw),
			Err: errors.New(strings.ToLower(refused.Message)), Hint: "give a whole address, such as https://room.example/abc"}
	}
	return err
}

const (
	certHint  = "renew the server's certificate, name its authority with --ca-file or SSL_CERT_FILE, or take any certificate with --ignore-https-errors"
	proxyHint = "put the login into the variable that names the proxy: http_proxy=http://USER:PASSWORD@HOST:PORT, https_proxy the same"
)

// causes explains Chrome's network errors (net/base/net_error_list.h) by the
// beginning of their names, without net::ERR_. The first that fits counts.
var causes = []struct{ prefix, text, hint string }{
	{"NAME_NOT_RESOLVED", "host name could not be resolved", "check the address and this machine's DNS"},
	{"NAME_RESOLUTION_FAILED", "host name could not be resolved", "check the address and this machine's DNS"},
	{"DNS_", "host name could not be resolved", "check the address and this machine's DNS"},
	{"CONNECTION_REFUSED", "connection refused", "check that the room's server is running and the port is right"},
	{"CONNECTION_TIMED_OUT", "connection timed out", "check the address and the firewall"},
	{"TIMED_OUT", "server did not answer in time", "check that the address answers from this machine"},
	{"ADDRESS_UNREACHABLE", "address is unreachable", "check the network of this machine"},
	{"NETWORK_", "network failed", "check the network of this machine"},
	{"INTERNET_DISCONNECTED", "this machine has no network", "check the network of this machine"},
	{"CERT_", "certificate of the server is not valid", certHint},
	{"SSL_", "TLS handshake failed", "check that the server speaks TLS on this port, or use http://"},
	{"BAD_SSL_", "TLS handshake failed", "check the server's TLS setup"},
	{"PROXY_AUTH_", "proxy wants a login", proxyHint},
	{"PROXY_", "proxy failed", "check http_proxy and https_proxy"},
	{"TUNNEL_", "proxy failed", "check http_proxy and https_proxy"},
	{"TOO_MANY_REDIRECTS", "page redirects without end", "open the address in a browser and check it"},
	{"EMPTY_RESPONSE", "server closed the connection without an answer", "check that the room's server is running and the port is right"},
	{"CONNECTION_", "connection was cut", "check the network between this machine and the room"},
	{"UNKNOWN_URL_SCHEME", "address has an unknown scheme", "use http:// or https://"},
	{"UNSAFE_PORT", "chrome does not open this port", "serve the room on another port"},
	{"BLOCKED_BY_", "address is blocked", "check the policies of this machine's browser"},
	{"INVALID_RESPONSE", "address answers with a download, not a page", "give the address of the room itself"},
	{"ABORTED", "page stopped its own loading", "the address answers without a page (HTTP 204 or 205, or a download)"},
}

// loadFault explains why a page did not load: Chrome's error text ("" for
// none), the HTTP status (0 for none), and whether it turned into a download.
func loadFault(raw, text string, status int, download bool) error {
	f := &capture.Fault{Class: capture.ClassRoom, Op: "open " + hostOf(raw)}
	switch {
	case status >= 400:
		f.Err = fmt.Errorf("http status %d %s", status, strings.ToLower(http.StatusText(status)))
		f.Hint, f.Passing = statusHint(status), statusPasses(status)
		return f
	case download:
		f.Err = errors.New("address answers with a download, not a page")
		f.Hint = "give the address of the room itself"
		return f
	}
	name := strings.TrimPrefix(text, "net::ERR_")
	for _, c := range causes {
		if strings.HasPrefix(name, c.prefix) {
			f.Err, f.Hint = fmt.Errorf("%s (%s)", c.text, text), c.hint
			f.Passing = passes(name)
			return f
		}
	}
	f.Err, f.Hint = errors.New(text), "open the address in a browser and check it"
	return f
}

// passing are the beginnings of the names of errors that may be gone when the
// page is loaded again.
var passing = []string{
	"NAME_RESOLUTION_FAILED", "NAME_NOT_RESOLVED", "DNS_", "CONNECTION_", "TIMED_OUT", "ADDRESS_UNREACHABLE", "NETWORK_",
	"INTERNET_DISCONNECTED", "PROXY_CONNECTION_FAILED", "TUNNEL_", "EMPTY_RESPONSE", "SOCKET_", "HTTP2_", "INCOMPLETE_", "CONTENT_LENGTH_MISMATCH",
}

func passes(name string) bool {
	return slices.ContainsFunc(passing, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// statusPasses tells whether an HTTP status may be another one soon: the server
// is starting, overloaded or behind a gateway that can't reach it.
func statusPasses(status int) bool {
	return status >= 500 && status != http.StatusNotImplemented ||
		status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == http.StatusTooEarly
}

func statusHint(status int) string {
	switch {
	case status == http.StatusUnauthorized:
		return "the server wants a login: give it with --basic-auth, or check the token in the address"
	case status == http.StatusProxyAuthRequired:
		return proxyHint
	case status == http.StatusForbidden:
		return "the room refused: check the token or the role in the address"
	case status == http.StatusNotFound, status == http.StatusGone:
		return "check the address of the room"
	case status == http.StatusTooManyRequests:
		return "too many visits to this room; try again later"
	case status >= 500:
		return "the room's server failed; try again"
	}
	return "open the address in a browser and check it"
}
