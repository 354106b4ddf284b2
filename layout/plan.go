package layout

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"

	"beam/layout/platform"
	"beam/layout/stage"
)

// Native is the name of the layout that records the page's own interface.
const Native = "native"

// The ways of Request.Tracks.
const (
	TracksWith = stage.TracksWith // beside what the page shows
	TracksOnly = stage.TracksOnly // the page shows no video
)

// Request says what is to be recorded.
type Request struct {
	URL           string
	Platform      string // a name of platform.All; "" for that of the URL
	Room          string // its name, where the URL has none
	Name          string // of the recorder
	Layout        string // a name that Names lists, or the URL of a layout page
	Orientation   string // landscape or portrait
	Width, Height int    // of the viewport, CSS pixels
	Filter        Filter
	Theme         Theme
	Secrets       platform.Secrets
	Tracks        string // "", TracksWith or TracksOnly: whether the page hands out each track (see ParseMedia)
}

// Filter says who is recorded. Roles, and names or ids, are globs with * and ?; a
// backslash before one of them, or before a backslash, takes its meaning. Texts are
// compared as people read them: however accents are composed (Unicode NFC), in upper
// or lower case, however spaced. Each value is one pattern, commas and all. An empty
// list says nothing.
type Filter struct {
	Roles, ExcludeRoles               []string
	Participants, ExcludeParticipants []string
}

func (f Filter) byRole() bool { return len(f.Roles)+len(f.ExcludeRoles) > 0 }
func (f Filter) byName() bool { return len(f.Participants)+len(f.ExcludeParticipants) > 0 }

// Theme changes the look of the stage. Empty fields leave it as it is.
type Theme struct {
	Background, Accent string // colours of CSS
	Logo               string // data: URL
	CSS                string // more rules
}

// Plan says how to open a room.
type Plan struct {
	Platform string
	URL      string // relative to the site, if there is one
	Script   string // to run in every frame before the page's own scripts
	Site     fs.FS  // files of our own page, to be served on loopback; nil for none
	Named    bool   // the platform tells who is in the room
	Filtered bool   // some people are left out; the script then needs a worker
	Tracks   bool   // the page hands out each track; the same
	Custom   bool   // a page of the user's is the layout
	Unknown  bool   // a page of no known platform
	Stage    bool   // a layout of the stage, not the page's own interface
	secret   []string
}

// Secrets returns the texts of the plan that no output may repeat.
func (p Plan) Secrets() []string { return p.secret }

// Names lists the layouts that have a name.
func Names() []string { return append([]string{Native}, stage.Names()...) }

// IsURL tells whether a layout is a page of the user's.
func IsURL(layout string) bool {
	return strings.HasPrefix(layout, "https://") || strings.HasPrefix(layout, "http://")
}

// New returns the plan for a request. The error is for the user: it says what
// is wrong with the URL, the platform, the layout or the filter.
func New(r Request) (Plan, error) {
	p, err := Check(r)
	if err != nil {
		return Plan{}, err
	}
	ask := platform.Request{
		URL: r.URL, Name: r.Name, Layout: r.Layout, Orientation: r.Orientation, Width: r.Width, Height: r.Height,
		Room: r.Room, Roles: r.Filter.Roles, Secrets: r.Secrets,
	}
	var join platform.Join
	if IsURL(r.Layout) {
		join, err = platform.Custom(r.Layout, ask)
	} else {
		join, err = p.Join(ask)
	}
	if err != nil {
		return Plan{}, err
	}
	facts := stage.Facts{
		Layout: r.Layout, Orientation: r.Orientation, Width: r.Width, Height: r.Height, Name: r.Name, Platform: p.Name, Named: p.Names,
		Roles: r.Filter.Roles, ExcludeRoles: r.Filter.ExcludeRoles,
		Participants: r.Filter.Participants, ExcludeParticipants: r.Filter.ExcludeParticipants,
		CSS: r.Theme.CSS, Logo: r.Theme.Logo, Theme: theme(r.Theme), Extra: join.Extra, Tracks: r.Tracks,
	}
	facts.Custom = IsURL(r.Layout)
	facts.Contract = facts.Custom || p.Contract
	if facts.Custom {
		facts.Layout = Native
	}
	script, err := stage.Script(facts, join.Script)
	if err != nil {
		return Plan{}, err
	}
	return Plan{
		Platform: p.Name, URL: join.URL, Script: script, Site: join.Site, Named: p.Names,
		Unknown: p.Name == platform.GenericName && !IsURL(r.Layout), Filtered: r.Filter.byRole() || r.Filter.byName(), Tracks: r.Tracks != "", Custom: IsURL(r.Layout), Stage: slices.Contains(stage.Names(), r.Layout), secret: join.Secret,
	}, nil
}

func theme(t Theme) map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"background": t.Background, "accent": t.Accent} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

// Check tells whether a request can be planned, as far as that can be known
// before anything is started, and returns its platform.
func Check(r Request) (platform.Platform, error) {
	p, err := platformOf(r)
	if err != nil {
		return p, err
	}
	switch {
	case !slices.Contains(Names(), r.Layout) && !IsURL(r.Layout):
		return p, fmt.Errorf("layout %q is not known; there is: %s, or the URL of a layout page", r.Layout, strings.Join(Names(), ", "))
	case IsURL(r.Layout) && (r.Filter.byRole() || r.Filter.byName()):
		// What the page shows is its own choice; it is told the roles.
		if r.Filter.byName() || len(r.Filter.ExcludeRoles) > 0 {
			return p, fmt.Errorf("a layout page can be told --role only; use one of the layouts %s to leave people out", strings.Join(stage.Names(), ", "))
		}
	case r.Filter.byRole() && !p.Roles:
		return p, fmt.Errorf("no roles are known on the platform %q, so --role and --exclude-role can't be obeyed; name another with --platform if the room is one", p.Name)
	case r.Filter.byName() && !p.Names:
		return p, fmt.Errorf("no names are known on the platform %q, so --participant and --exclude-participant can't be obeyed; name another with --platform if the room is one", p.Name)
	}
	return p, nil
}

// platformOf returns the platform that the request names, or that of its URL.
func platformOf(r Request) (platform.Platform, error) {
	if r.URL == "" {
		return platform.Platform{}, fmt.Errorf("no room URL; give one, or the word demo")
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return platform.Platform{}, fmt.Errorf("%q is not a URL; give one that begins with https:// or http://", r.URL)
	}
	p := platform.For(u)
	if r.Platform != "" {
		var known bool
		if p, known = platform.Find(r.Platform); !known {
			return p, fmt.Errorf("platform %q is not known; there is: %s", r.Platform, strings.Join(Platforms(), ", "))
		}
	}
	if u.Scheme == "ws" || u.Scheme == "wss" {
		if u.Hostname() == "" {
			return p, fmt.Errorf("%q names no host", r.URL)
		}
		if p.Name != "livekit" {
			return p, fmt.Errorf("a %s:// address is one of LiveKit, not of %s", u.Scheme, p.Title)
		}
		return p, nil
	}
	return p, CheckURL(r.URL)
}

// Platforms lists the names of the platforms.
func Platforms() []string {
	var names []string
	for _, p := range platform.All() {
		names = append(names, p.Name)
	}
	return names
}

// Command returns the expression that, evaluated in the page, changes its
// layout. Its value is "ok" or says what is wrong.
func Command(name string) string {
	return command(map[string]any{"do": "layout", "layout": name})
}

// FilterCommand returns the expression that changes who is recorded, from now on: f
// takes the place of the filter before. It is to be evaluated in each frame of the
// page, also in those of other origins, for which there is no other way to know. Its
// value is "ok", or says what is wrong.
func FilterCommand(f Filter) string {
	return command(map[string]any{
		"do": "filter", "roles": list(f.Roles), "excludeRoles": list(f.ExcludeRoles),
		"participants": list(f.Participants), "excludeParticipants": list(f.ExcludeParticipants),
	})
}

// list is what a list of patterns is for the page: an empty pattern says nothing.
func list(patterns []string) []string {
	return slices.DeleteFunc(append([]string{}, patterns...), func(pattern string) bool { return pattern == "" })
}

func command(what map[string]any) string {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err) // texts and lists of texts can always be encoded
	}
	return stage.CommandExpression(string(text))
}

// CheckURL tells whether raw is a page that can be recorded.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a URL; give one that begins with https:// or http://", raw)
	case u.Scheme == "" || (u.Host == "" && u.Opaque != ""):
		return fmt.Errorf("%q is not a URL; give one that begins with https:// or http://", raw)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("a room at a %s:// address can't be recorded; give one that begins with https:// or http://", u.Scheme)
	case u.Hostname() == "":
		return fmt.Errorf("%q names no host", raw)
	}
	return nil
}
