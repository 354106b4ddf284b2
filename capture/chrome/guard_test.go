package chrome

import (
	"context"
	"errors"
	"net/netip"
	"testing"
)

func TestSpaceOf(t *testing.T) {
	for text, want := range map[string]space{
		"93.184.215.14": spacePublic, "2606:2800:21f::1": spacePublic, "172.32.0.1": spacePublic,
		"127.0.0.1": spaceLoopback, "127.9.9.9": spaceLoopback, "0.0.0.0": spaceLoopback, "::1": spaceLoopback, "::": spaceLoopback, "::ffff:127.0.0.1": spaceLoopback,
		"169.254.169.254": spaceLinkLocal, "fe80::1%eth0": spaceLinkLocal, "fd00:ec2::254": spaceLinkLocal, "64:ff9b::a9fe:a9fe": spaceLinkLocal,
		"10.0.0.1": spacePrivate, "172.16.0.1": spacePrivate, "192.168.1.1": spacePrivate, "100.64.0.1": spacePrivate, "fd12::1": spacePrivate, "255.255.255.255": spacePrivate,
	} {
		if got := spaceOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %d, not %d", text, got, want)
		}
	}
}

// fakeLookup is the DNS of the tests.
func fakeLookup(_ context.Context, host string) ([]netip.Addr, error) {
	known := map[string]string{"room.example": "93.184.215.14", "intranet.example": "10.0.0.5", "wiki.intranet.example": "10.0.0.6",
		"rebound.example": "127.0.0.1", "metadata.google.internal": "169.254.169.254"}
	if text, ok := known[host]; ok {
		return []netip.Addr{netip.MustParseAddr("93.184.215.15"), netip.MustParseAddr(text)}, nil
	}
	return nil, errors.New("no such host")
}

func TestGuard(t *testing.T) {
	const public, intranet, local = "room.example", "intranet.example", "127.0.0.1"
	for _, test := range []struct {
		room, url string
		allowed   []string
		want      bool
	}{
		{public, "https://room.example/next", nil, true},
		{public, "https://93.184.215.14/", nil, true},
		{public, "https://unknown.example/", nil, true},
		{public, "about:blank", nil, true},
		{public, "http://127.0.0.1:8080/", nil, false},
		{public, "http://localhost/", nil, false},
		{public, "http://x.localhost/", nil, false},
		{public, "http://localhost./", nil, false},
		{public, "http://[::1]/", nil, false},
		{public, "http://169.254.169.254/latest/meta-data/", nil, false},
		{public, "http://metadata.google.internal/", nil, false},
		{public, "http://rebound.example/", nil, false},
		{public, "http://intranet.example/", nil, false},
		{public, "http://INTRANET.example./", []string{"intranet.example"}, true},
		{public, "http://10.0.0.6/", []string{"10.0.0.0/24"}, true},
		{public, "http://10.0.1.6/", []string{"10.0.0.0/24"}, false},
		{intranet, "http://wiki.intranet.example/", nil, true},
		{intranet, "http://127.0.0.1/", nil, false},
		{intranet, "http://169.254.169.254/", nil, false},
		{local, "http://localhost:9000/", nil, true},
		{local, "http://169.254.169.254/", nil, false},
		{local, "http://10.0.0.5/", nil, false},
	} {
		g := newGuard(where{Host: test.room, Hosts: test.allowed}, test.allowed, false)
		g.lookup = fakeLookup
		host, v := g.quick(test.url)
		if got := v == verdictPass || g.allows(t.Context(), host); got != test.want {
			t.Errorf("%s to %s, allowed %q: %v", test.room, test.url, test.allowed, got)
		}
	}
}

// Behind a proxy names are not looked up here, but addresses are known.
func TestGuardBehindProxy(t *testing.T) {
	g := newGuard(where{Host: "room.example"}, nil, true)
	for host, want := range map[string]bool{"intranet.example": true, "127.0.0.1": false, "localhost": false} {
		if got := g.allows(t.Context(), host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}
