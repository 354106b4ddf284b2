package platform

import "net/url"

// demo is the room that Beam serves itself. Its URL is that of a free port on
// loopback, so only its page tells.
var demo = Platform{
	Name: "demo", Title: "Beam's demo room", Tried: TriedLive, Roles: true, Names: true,
	match: func(*url.URL) bool { return false },
	join: func(r Request) (Join, error) {
		if _, err := parseWeb(r.URL); err != nil {
			return Join{}, err
		}
		return Join{URL: r.URL, Script: script("demo", "demo.js")}, nil
	},
}
