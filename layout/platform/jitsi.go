package platform

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// jitsi is Jitsi Meet. A page of it takes its configuration from the fragment of
// the URL: names with JSON values, percent-encoded.
var jitsi = Platform{
	Name: "jitsi", Title: "Jitsi Meet", Tried: TriedFixture, Roles: true, Names: true, Chat: true,
	Caveats: "Tried with pages of the same shape only. A server of one's own needs --platform jitsi. The roles are " +
		"moderator and participant. Where the room has a lobby or waits for its host, somebody has to let the recorder in, " +
		"and others see it among the participants, unless it has a login to the server's hidden domain, as Jibri has.",
	match: func(u *url.URL) bool { return web(u, "meet.jit.si", "8x8.vc") },
	join:  joinJitsi,
}

// jitsiConfig is what a page has to know to join at once, unseen and without
// asking for devices. iAmRecorder also makes it leave out its own controls.
// config.startSilent must never be set: the room would have no sound.
var jitsiConfig = []struct {
	name  string
	value any
}{
	{"config.iAmRecorder", true},
	{"config.prejoinConfig.enabled", false},
	{"config.startWithAudioMuted", true},
	{"config.startWithVideoMuted", true},
	{"config.disableInitialGUM", true},
	{"config.requireDisplayName", false},
	{"config.p2p.enabled", false},
	{"config.deeplinking.disabled", true},
	{"config.analytics.disabled", true},
	{"config.externalConnectUrl", nil},
	// Or a track could be given from one person to another without a word.
	{"config.flags.ssrcRewritingEnabled", false},
}

func joinJitsi(r Request) (Join, error) {
	u, err := parseWeb(r.URL)
	if err != nil {
		return Join{}, err
	}
	if strings.Trim(u.Path, "/") == "" {
		return Join{}, fmt.Errorf("the address names no Jitsi room; give one like https://meet.jit.si/ROOM")
	}
	hash := u.EscapedFragment()
	u.Fragment, u.RawFragment = "", ""
	hash = withoutField(hash, "config.startSilent")
	for _, c := range jitsiConfig {
		hash = addField(hash, c.name, c.value)
	}
	if r.Name != "" {
		hash = addField(hash, "userInfo.displayName", r.Name)
	}
	// A token in the fragment is read by newer servers only.
	used, _ := queryValue(hash, "jwt")
	if used == "" && r.Secrets.Token != "" {
		addQuery(u, pair{"jwt", r.Secrets.Token})
	}
	other, _ := queryValue(u.RawQuery, "jwt")
	joined := Join{
		URL: u.String() + "#" + hash, Script: script("jitsi", "jitsi.js"),
		Secret: secrets(strings.Trim(used, `"`), other, r.Secrets.Token, r.Secrets.Password),
	}
	if r.Secrets.User != "" {
		joined.Extra = map[string]any{"login": map[string]string{"user": r.Secrets.User, "password": r.Secrets.Password}}
	}
	return joined, nil
}

// addField adds a name with a JSON value to a fragment, unless the name is there.
func addField(hash, name string, value any) string {
	if _, has := queryValue(hash, name); has {
		return hash
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings, booleans and null only
	}
	return join(hash, name+"="+escape(string(encoded)))
}

func withoutField(hash, name string) string {
	var kept []string
	for _, field := range fields(hash) {
		if nameOf(field) != name {
			kept = append(kept, field)
		}
	}
	return strings.Join(kept, "&")
}
