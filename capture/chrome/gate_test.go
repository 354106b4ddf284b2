package chrome

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
)

func TestGateAnswers(t *testing.T) {
	const room, proxy = "https://room.example", "http://proxy.example:3128"
	with := Access{User: "ada", Password: "p", HasLogin: true}
	logins := proxies{used: true, logins: map[string]login{proxy: {"bob", "q"}}}
	for _, test := range []struct {
		name   string
		access Access
		source fetch.AuthChallengeSource
		origin string
		want   string
	}{
		{"the room", with, fetch.AuthChallengeSourceServer, room, "ada p"},
		{"the room, spelt with its port", with, fetch.AuthChallengeSourceServer, room + ":443", "ada p"},
		{"another server", with, fetch.AuthChallengeSourceServer, "https://ads.example", ""},
		{"the room's other port", with, fetch.AuthChallengeSourceServer, room + ":8443", ""},
		{"nobody has a login", Access{}, fetch.AuthChallengeSourceServer, room, ""},
		{"the proxy", with, fetch.AuthChallengeSourceProxy, proxy, "bob q"},
		{"a proxy that calls itself the room", with, fetch.AuthChallengeSourceProxy, room, ""},
		{"a server that calls itself the proxy", with, fetch.AuthChallengeSourceServer, proxy, ""},
	} {
		g := newGate(logins)
		g.set(test.access, room, nil)
		ask := &fetch.EventAuthRequired{RequestID: "1", AuthChallenge: &fetch.AuthChallenge{Source: test.source, Origin: test.origin}}
		for try, want := range []string{test.want, ""} { // what was refused once is not given again
			a := g.answer(ask)
			got := ""
			if a.Response == fetch.AuthChallengeResponseResponseProvideCredentials {
				got = fmt.Sprint(a.Username, " ", a.Password)
			} else if a.Response != fetch.AuthChallengeResponseResponseCancelAuth {
				t.Errorf("%s: %s", test.name, a.Response)
			}
			if got != want {
				t.Errorf("%s, try %d: %q", test.name, try+1, got)
			}
		}
	}
	// A request can meet both.
	g := newGate(logins)
	g.set(with, room, nil)
	for source, origin := range map[fetch.AuthChallengeSource]string{fetch.AuthChallengeSourceProxy: proxy, fetch.AuthChallengeSourceServer: room} {
		a := g.answer(&fetch.EventAuthRequired{RequestID: "1", AuthChallenge: &fetch.AuthChallenge{Source: source, Origin: origin}})
		if a.Response != fetch.AuthChallengeResponseResponseProvideCredentials {
			t.Errorf("%s: %s", source, a.Response)
		}
	}
}

// Only where it must does every request wait for the gate.
func TestGatePatterns(t *testing.T) {
	header := Access{Headers: []Field{{"X-Key", "k"}}}
	for _, test := range []struct {
		name     string
		windowed bool
		access   Access
		proxies  proxies
		want     string
		logins   bool
	}{
		{"headless", false, Access{}, proxies{}, "[* Document]", false},
		{"with a header", false, header, proxies{}, "[* Document][https://room.example/* ]", false},
		{"in a window", true, Access{}, proxies{}, "[* ]", true},
		{"with a login", false, Access{HasLogin: true}, proxies{}, "[* ]", true},
		{"behind a proxy with a login", false, Access{}, proxies{logins: map[string]login{"x": {}}}, "[* ]", true},
	} {
		g := newGate(test.proxies)
		g.set(test.access, "https://room.example", nil)
		patterns, logins := g.patterns(test.windowed)
		got := ""
		for _, p := range patterns {
			got += fmt.Sprintf("[%s %s]", p.URLPattern, p.ResourceType)
		}
		if got != test.want || logins != test.logins {
			t.Errorf("%s: %s, %v", test.name, got, logins)
		}
	}
}

func TestGateHeaders(t *testing.T) {
	g := newGate(proxies{})
	g.set(Access{Headers: []Field{{"X-Key", "k"}}}, "https://room.example", nil)
	request := func(url string) *network.Request {
		return &network.Request{URL: url, Headers: network.Headers{"x-key": "page", "Accept": "*/*"}}
	}
	if got := g.headers(request("https://room.example:443/api")); len(got) != 2 {
		t.Errorf("%d headers", len(got))
	}
	for _, url := range []string{"https://room.example.evil.example/", "http://room.example/", "https://room.example:8443/", "data:,x"} {
		if got := g.headers(request(url)); got != nil {
			t.Errorf("%s gets headers", url)
		}
	}
}

func TestViews(t *testing.T) {
	var vs views
	a, b, c := &view{tab: "a"}, &view{tab: "b"}, &view{tab: "c"}
	if before := vs.push(a); before != nil {
		t.Error("there was one")
	}
	_, moved := vs.current()
	if before := vs.push(b); before != a || !isClosed(moved) {
		t.Error("the first is not left")
	}
	vs.push(c)
	_, moved = vs.current()
	if now, left := vs.drop(b); now != nil || left != 2 || isClosed(moved) {
		t.Error("a hidden one is of no matter")
	}
	if now, left := vs.drop(c); now != a || left != 1 || !isClosed(moved) {
		t.Error("the one before is not shown again")
	}
	if now, left := vs.drop(a); now != nil || left != 0 {
		t.Error("the last one is lost")
	}
	if now, left := vs.drop(c); now != nil || left != 1 {
		t.Error("dropped twice")
	}
}

// What a view says before it is shown is told when it is; what it says later,
// behind another one, is not.
func TestViewDelivers(t *testing.T) {
	v := &view{}
	var got []int
	push := func(f func()) { f() }
	say := func(n int) { v.deliver(func() { got = append(got, n) }, push) }
	say(1)
	if len(got) > 0 {
		t.Error("told at once")
	}
	for _, f := range v.setStage(stageCurrent) {
		f()
	}
	say(2)
	v.setStage(stageBehind)
	say(3)
	if fmt.Sprint(got) != "[1 2]" {
		t.Error(got)
	}
}

func TestNotes(t *testing.T) {
	var n notes
	said := 0
	for range 1000 {
		if n.more(noteDialog) {
			said++
		}
	}
	if said != mostNotes[noteDialog] || !n.more(noteTab) {
		t.Errorf("said %d times", said)
	}
}

func TestViewContent(t *testing.T) {
	v := &view{loaded: make(chan struct{})}
	v.content()
	v.setDocument(Document{}, blankURL)
	v.content()
	if isClosed(v.loaded) {
		t.Error("an empty page has content")
	}
	if v.setDocument(Document{}, "https://room.example/a") || !v.setDocument(Document{}, "https://room.example/a") {
		t.Error("a reload is the same address once more")
	}
	v.content()
	v.content()
	if !isClosed(v.loaded) {
		t.Error("no content")
	}
}
