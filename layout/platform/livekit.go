package platform

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"beam/layout/livekit"
)

// liveKit is a room of a LiveKit server. Beam joins it with a page of its own,
// so there is no web application to be found or to be understood.
var liveKit = Platform{
	Name: "livekit", Title: "LiveKit", Tried: TriedLive, Roles: true, Names: true, Chat: true,
	Caveats: "Needs --room and LIVEKIT_TOKEN, or LIVEKIT_API_KEY and LIVEKIT_API_SECRET. " +
		"End-to-end encrypted rooms can't be recorded.",
	match: func(u *url.URL) bool { return isLiveKit(u) },
	join: func(r Request) (Join, error) {
		token, err := liveKitToken(r, time.Now())
		if err != nil {
			return Join{}, err
		}
		server, err := liveKitServer(r.URL)
		if err != nil {
			return Join{}, err
		}
		site, err := livekit.Site()
		if err != nil {
			return Join{}, err
		}
		return Join{
			URL: "index.html", Site: site, Script: script("livekit", "livekit.js"),
			Extra:  map[string]any{"url": server, "token": token},
			Secret: secrets(token, r.Secrets.APISecret),
		}, nil
	},
}

// isLiveKit tells whether u is the address of a LiveKit server.
func isLiveKit(u *url.URL) bool { return u.Scheme == "wss" || u.Scheme == "ws" }

// liveKitServer returns the address of the server as its client takes it. With
// --platform livekit an https address is one too.
func liveKitServer(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || !slices.Contains([]string{"wss", "ws", "https", "http"}, u.Scheme) || u.Hostname() == "" {
		return "", fmt.Errorf("the address of a LiveKit server is wss://HOST, or ws://HOST without TLS")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("the address of a LiveKit server is wss://HOST and no more; " +
			"the room goes into --room, and a token into the variable LIVEKIT_TOKEN")
	}
	switch u.Scheme {
	case "https":
		u.Scheme = "wss"
	case "http":
		u.Scheme = "ws"
	}
	return u.String(), nil
}
