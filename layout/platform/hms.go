package platform

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// hms is a prebuilt room of 100ms. Its parameters are those that 100ms names
// for recorders; its page keeps all it knows in a store that window.__hms leads
// to.
var hms = Platform{
	Name: "100ms", Title: "100ms prebuilt room", Tried: TriedFixture, Roles: true, Names: true, Chat: true,
	Caveats: "Tried with 100ms's own SDK over servers made up for it, and with pages of the same shape. The room has to be a prebuilt one, or a page made with " +
		"the 100ms JavaScript SDK that keeps window.__hms.",
	match: func(u *url.URL) bool { return web(u, hmsHost) },
	join:  joinHMS,
}

const hmsHost = "app.100ms.live"

func joinHMS(r Request) (Join, error) {
	u, err := parseWeb(r.URL)
	if err != nil {
		return Join{}, err
	}
	switch known := web(u, hmsHost); {
	case !hmsRoom(u) && known:
		return Join{}, fmt.Errorf("the address names no 100ms room; give the room's link, which ends in " +
			"/preview/ROOM/ROLE or /meeting/CODE")
	case !hmsRoom(u):
		return Join{}, fmt.Errorf("%s is not a 100ms room; its link would end in /preview/ROOM/ROLE or /meeting/CODE "+
			"(leave --platform out to record it as any page)", u.Host)
	}
	var pairs []pair
	// With skip_preview the page has neither header nor footer; with the other
	// one it looks as it does to people, which whoever put it there wants.
	if headful, _ := queryValue(u.RawQuery, "skip_preview_headful"); headful != "true" {
		pairs = append(pairs, pair{"skip_preview", "true"})
	}
	if r.Name != "" {
		pairs = append(pairs, pair{"name", r.Name})
	}
	if r.Layout == "speaker" || r.Layout == "spotlight" {
		pairs = append(pairs, pair{"ui_mode", "activespeaker"})
	}
	const token = "auth_token"
	if r.Secrets.Token != "" {
		pairs = append(pairs, pair{token, r.Secrets.Token})
	}
	addQuery(u, pairs...)
	used, _ := queryValue(u.RawQuery, token)
	return Join{URL: u.String(), Script: script("hms", "hms.js"), Secret: secrets(used, r.Secrets.Token)}, nil
}

// hmsRoom tells whether the path is that of a prebuilt room: preview or meeting,
// and behind it a room code, or a room and a role.
func hmsRoom(u *url.URL) bool {
	path := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if len(path) > 0 && path[0] == "streaming" {
		path = path[1:]
	}
	return (len(path) == 2 || len(path) == 3) && slices.Contains([]string{"preview", "meeting"}, path[0])
}
