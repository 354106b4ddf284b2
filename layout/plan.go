package layout

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// Native is the name of the layout that records the page's own interface.
const Native = "native"

// Request says what is to be recorded.
type Request struct {
	URL           string
	Layout        string // a name that Names lists
	Orientation   string // landscape or portrait
	Width, Height int    // of the viewport, CSS pixels
}

// Plan says how to open a room.
type Plan struct {
	URL    string
	Script string // to run in every frame before the page's own scripts
}

// Names lists the layouts.
func Names() []string { return []string{Native} }

//go:embed native.js
var nativeScript string

// New returns the plan for a request. The error is for the user: it says what
// is wrong with the URL or the layout.
func New(r Request) (Plan, error) {
	if err := CheckURL(r.URL); err != nil {
		return Plan{}, err
	}
	if r.Layout != Native {
		return Plan{}, fmt.Errorf("layout %q is not known; there is: %s", r.Layout, strings.Join(Names(), ", "))
	}
	facts, err := json.Marshal(map[string]any{
		"layout": r.Layout, "orientation": r.Orientation,
		"width": r.Width, "height": r.Height, "roles": []string{},
	})
	if err != nil {
		return Plan{}, err
	}
	return Plan{URL: r.URL, Script: fmt.Sprintf("(%s)(%s);", strings.TrimSpace(nativeScript), facts)}, nil
}

// CheckURL tells whether raw is a URL that can be recorded.
func CheckURL(raw string) error {
	if raw == "" {
		return fmt.Errorf("no room URL; give one, or the word demo")
	}
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
