package platform

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// GenericName is the name of the platform of pages that nobody knows.
const GenericName = "generic"

// generic is any page. Who is there follows from the remote media alone; nothing of
// Beam is on the page.
var generic = Platform{
	Name: GenericName, Title: "any page", Tried: TriedLive,
	Caveats: "Knows neither names nor roles: people are told apart by what belongs together in what is received. " +
		"The end of the meeting is not seen, only that everybody has left.",
	match: func(*url.URL) bool { return true },
	join:  joinPage,
}

// page is a page that tells who is there, by the page contract.
var page = Platform{
	Name: "page", Title: "a page that speaks Beam's page contract", Tried: TriedLive, Roles: true, Names: true, Chat: true, Contract: true,
	Caveats: "Only for pages that call window.beamRoom; has to be asked for with --platform page.",
	match:   func(*url.URL) bool { return false },
	join:    joinPage,
}

func joinPage(r Request) (Join, error) {
	if _, err := parseWeb(r.URL); err != nil {
		return Join{}, err
	}
	return Join{URL: r.URL, Script: pageScript()}, nil
}

func pageScript() string { return script("generic", "demo.js", "generic.js") }

// Custom returns how to open a page that draws the layout itself. It gets, as
// parameters of its URL, what templates of LiveKit Egress get (url, token and
// layout) and role, orientation, width and height. Parameters of these names
// that layoutURL has are replaced; those that r has no value for stay as they
// are, so a page's own layout parameter does where r.Layout is the page itself.
func Custom(layoutURL string, r Request) (Join, error) {
	u, err := url.Parse(layoutURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" {
		return Join{}, fmt.Errorf("the address of the layout page has to begin with https:// or http:// and name a host")
	}
	token := r.Secrets.Token
	if room, err := url.Parse(r.URL); err == nil && isLiveKit(room) {
		if token, err = liveKitToken(r, time.Now()); err != nil {
			return Join{}, err
		}
	}
	var pairs []pair
	add := func(name, value string) {
		if value != "" {
			pairs = append(pairs, pair{name, value})
		}
	}
	add("url", r.URL)
	add("token", token)
	if !strings.Contains(r.Layout, ":") && r.Layout != "native" {
		add("layout", r.Layout)
	}
	add("role", strings.Join(r.Roles, ","))
	add("orientation", r.Orientation)
	if r.Width > 0 && r.Height > 0 {
		add("width", fmt.Sprint(r.Width))
		add("height", fmt.Sprint(r.Height))
	}
	setQuery(u, pairs...)
	return Join{URL: u.String(), Script: pageScript(), Secret: secrets(token, r.Secrets.APISecret)}, nil
}
