package platform

import (
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
)

// Request says which room is to be joined, and as what.
type Request struct {
	URL           string
	Name          string // of the recorder, as the room shows it where it shows it at all
	Layout        string
	Orientation   string   // landscape or portrait
	Width, Height int      // of the viewport, CSS pixels
	Room          string   // name of the room, where the URL doesn't hold it (LiveKit)
	Roles         []string // to be recorded; empty for all
	Secrets       Secrets
}

// Secrets come from the environment and go to the room only. A token is kept out
// of URLs wherever the platform has another way.
type Secrets struct {
	Token     string
	APIKey    string
	APISecret string
	// User and Password log a recorder into a server of one's own so that nobody sees
	// it: Jitsi's user of a hidden domain, NAME@DOMAIN.
	User     string
	Password string
}

// How a platform was tried.
const (
	TriedLive    = "live"    // with the platform itself
	TriedFixture = "fixture" // with pages that have the same shape
)

// Platform is one kind of room.
type Platform struct {
	Name  string // as in --platform
	Title string
	Tried string // TriedLive or TriedFixture
	Roles bool   // tells the roles of people
	Names bool   // tells the names of people
	Chat  bool   // tells the chat
	// Contract: pages of it are made for Beam, and find window.beam.
	Contract bool
	Caveats  string // one or two sentences for the user; may be empty

	match func(*url.URL) bool
	join  func(Request) (Join, error)
}

// Join says how to get into a room.
type Join struct {
	// URL to open. It is relative ("index.html?a=b") when Site is set.
	URL string
	// Script is a JavaScript expression, "function (room) {...}", or "".
	Script string
	// Extra are facts for the script only. They may hold secrets, so they never
	// get onto the page's window, into a URL or a log.
	Extra map[string]any
	// Site, if any, holds the files of our own page, to be served on loopback.
	Site fs.FS
	// Secret are the texts that must not be seen in a log.
	Secret []string
}

// all are the platforms in the order in which For asks them. A platform has its
// own file and its line here; the last one takes any URL.
var all = []Platform{demo, liveKit, hms, jitsi, page, generic}

// All returns the platforms, in the order in which For asks them.
func All() []Platform { return slices.Clone(all) }

// Find returns the platform of a name.
func Find(name string) (Platform, bool) {
	i := slices.IndexFunc(all, func(p Platform) bool { return p.Name == name })
	if i < 0 {
		return Platform{}, false
	}
	return all[i], true
}

// For returns the platform that a URL belongs to: the generic one where no other
// knows it. A demo room can't be told by its URL; the generic script knows it by
// its page.
func For(u *url.URL) Platform {
	for _, p := range all {
		if p.match(u) {
			return p
		}
	}
	return generic
}

// Join returns how to join the room of a request. The error is for the user: it
// says what is wrong with the request, and holds no secret.
func (p Platform) Join(r Request) (Join, error) { return p.join(r) }

// parseWeb reads a room's URL that has to be http or https. The URL itself is
// not in the error: it may hold a token.
func parseWeb(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the room's address is not a URL; give one that begins with https:// or http://")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, fmt.Errorf("the room's address has to begin with https:// or http:// and name a host")
	}
	return u, nil
}

// web tells whether u is a page's URL on a host, or on a host below it.
func web(u *url.URL, hosts ...string) bool {
	if u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	return slices.ContainsFunc(hosts, func(h string) bool { return host == h || strings.HasSuffix(host, "."+h) })
}

// secrets returns those of the given texts that are long enough to be one; a
// short text would black out innocent parts of a log.
func secrets(texts ...string) []string {
	var found []string
	for _, text := range texts {
		if len(text) >= 6 && !slices.Contains(found, text) {
			found = append(found, text)
		}
	}
	return found
}
