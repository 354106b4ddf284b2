package chrome

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"beam/capture"
)

// space is where an address leads to.
type space int

const (
	spacePublic    space = iota
	spacePrivate         // a network of one's own
	spaceLinkLocal       // the next cable, where clouds keep their keys
	spaceLoopback        // this machine
)

// Networks that are not the public internet's (IANA's registries of special
// addresses; RFC 1918, 3927, 4193, 4291, 6598, 6890).
var spaces = []struct {
	space space
	nets  []netip.Prefix
}{
	{spaceLoopback, prefixes("127.0.0.0/8", "0.0.0.0/8", "::1/128", "::/128")},
	{spaceLinkLocal, prefixes("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128")}, // the last two: metadata of AWS and of Google
	{spacePrivate, prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15",
		"224.0.0.0/4", "240.0.0.0/4", "fc00::/7", "fec0::/10", "ff00::/8")},
}

// nat64 holds IPv4 addresses in its last four bytes (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

func spaceOf(a netip.Addr) space {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, s := range spaces {
		for _, n := range s.nets {
			if n.Contains(a) {
				return s.space
			}
		}
	}
	return spacePublic
}

// guard keeps a page from leading the browser's main frame into the networks
// that this machine reaches and the page's author may not. What a page fetches
// or embeds from there is Chrome's business (Local Network Access).
type guard struct {
	room   string // the host of the room's own URL
	hosts  []string
	nets   []netip.Prefix
	lookup func(ctx context.Context, host string) ([]netip.Addr, error) // nil where a proxy does it
}

// lookupLimit is how long a name may take; one that takes longer is let pass, as
// Chrome then has no answer either.
const lookupLimit = 3 * time.Second

func newGuard(w where, allowed []string, behindProxy bool) *guard {
	g := &guard{room: plainHost(w.Host)}
	for i, host := range w.Hosts {
		if n, ok := asNetwork(allowed[i]); ok {
			g.nets = append(g.nets, n)
		} else {
			g.hosts = append(g.hosts, plainHost(host))
		}
	}
	if !behindProxy {
		g.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	return g
}

// asNetwork reads 10.1.0.0/16.
func asNetwork(s string) (netip.Prefix, bool) {
	n, err := netip.ParsePrefix(s)
	return n.Masked(), err == nil
}

// plainHost returns a host without a dot at its end and without brackets.
func plainHost(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// verdict is what the guard says without looking a name up.
type verdict int

const (
	verdictAsk  verdict = iota // the name has to be looked up
	verdictPass                // the address may be opened
)

// quick returns what can be told from the address alone.
func (g *guard) quick(raw string) (host string, v verdict) {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", verdictPass // Chrome opens nothing else that a web page asks for
	}
	host = plainHost(u.Hostname())
	if host == g.room {
		return host, verdictPass
	}
	for _, allowed := range g.hosts {
		if host == allowed {
			return host, verdictPass
		}
	}
	if a, err := netip.ParseAddr(host); err == nil && spaceOf(a) == spacePublic {
		return host, verdictPass
	}
	return host, verdictAsk
}

// allows tells whether the main frame may open a host: all of its addresses are
// public, or where the room itself is.
func (g *guard) allows(ctx context.Context, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	reached := g.spacesOf(ctx, host, g.nets)
	if len(reached) == 0 {
		return true
	}
	own := g.spacesOf(ctx, g.room, nil)
	for s := range reached {
		if !own[s] {
			return false
		}
	}
	return true
}

// spacesOf returns the spaces, but for the public one, that a host is in. The
// addresses in except don't count.
func (g *guard) spacesOf(ctx context.Context, host string, except []netip.Prefix) map[space]bool {
	out := map[space]bool{}
	for _, a := range g.addresses(ctx, host) {
		s := spaceOf(a)
		for _, n := range except {
			if n.Contains(a.Unmap()) {
				s = spacePublic
			}
		}
		if s != spacePublic {
			out[s] = true
		}
	}
	return out
}

func (g *guard) addresses(ctx context.Context, host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // Chrome asks nobody for these
		return []netip.Addr{netip.IPv6Loopback()}
	}
	if g.lookup == nil || host == "" {
		return nil
	}
	found, err := g.lookup(ctx, host)
	if err != nil {
		return nil
	}
	return found
}

// refusedFault is the fault of a room that leads to where it may not.
func refusedFault(room, host string) error {
	return &capture.Fault{Class: capture.ClassRoom, Op: "open " + room,
		Err:  errors.New("the room leads to " + host + ", which is no public address"),
		Hint: "if the room belongs there, allow it with --allow-host " + host}
}
