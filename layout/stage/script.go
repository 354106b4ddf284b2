package stage

import (
	"crypto/rand"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// The layouts. Native leaves the page's own interface as it is.
const (
	Native    = "native"
	Grid      = "grid"
	Speaker   = "speaker"
	Spotlight = "spotlight"
)

// Names lists the layouts that the stage draws; Native is none of them.
func Names() []string { return []string{Grid, Speaker, Spotlight} }

// Facts are what the script is told.
type Facts struct {
	// Contract puts window.beam onto the page; Custom says that the page is a layout
	// page of the user's, which tells when it begins. No other page finds anything.
	Contract bool `json:"contract"`
	Custom   bool `json:"custom"`

	Layout      string `json:"layout"`      // Native or one of Names
	Orientation string `json:"orientation"` // landscape or portrait
	Width       int    `json:"width"`       // of the viewport, CSS pixels
	Height      int    `json:"height"`
	Name        string `json:"name"`     // of the recorder
	Platform    string `json:"platform"` // its name
	Named       bool   `json:"named"`    // the platform tells who is in the room

	// The filter to begin with: globs with * and ?, of which a backslash takes the
	// meaning; texts are compared as people read them. A person is seen and heard who
	// satisfies each list that is not empty; participants are matched by their names
	// and their ids.
	Roles               []string `json:"roles"`
	ExcludeRoles        []string `json:"excludeRoles"`
	Participants        []string `json:"participants"`
	ExcludeParticipants []string `json:"excludeParticipants"`

	CSS   string            `json:"css"`   // of the user, for the stage
	Logo  string            `json:"logo"`  // data: URL of a picture
	Theme map[string]string `json:"theme"` // "background", "accent", "tile", "text": CSS values

	// Tracks is whether each remote track is handed to Beam as it was sent: "" for
	// no, TracksWith, or TracksOnly, which decodes no video.
	Tracks string `json:"tracks"`

	// Extra are values for the platform's script only, such as a token.
	Extra map[string]any `json:"-"`
}

// The ways of Facts.Tracks.
const (
	TracksWith = "with" // beside what the page shows
	TracksOnly = "only" // the page shows no video
)

//go:embed js/*.js
var sources embed.FS

//go:embed stage.css
var style string

// parts are the files of the script, in the order in which they are joined.
var parts = []string{
	"own", "geometry", "seats", "speech", "filter", "roster", "guess",
	"players", "tap", "gate", "withhold", "exclude", "content", "levels", "roots", "videos", "stats",
	"picture", "fonts", "pulse", "tile", "cover", "stage", "director",
	"ready", "hub", "main",
}

// Script returns the script that is to run in each frame before the page's own
// scripts. platform is the expression of a platform's script, "function (room)
// {...}", or empty. The same arguments give the same script.
func Script(facts Facts, platform string) (string, error) {
	if facts.Layout != Native && !slices.Contains(Names(), facts.Layout) {
		return "", fmt.Errorf("layout %q is not known; there is: %s, %s", facts.Layout, Native, strings.Join(Names(), ", "))
	}
	for _, list := range []*[]string{&facts.Roles, &facts.ExcludeRoles, &facts.Participants, &facts.ExcludeParticipants} {
		*list = slices.DeleteFunc(append([]string{}, *list...), func(glob string) bool { return glob == "" })
	}
	extra := facts.Extra
	if extra == nil {
		extra = map[string]any{}
	}
	var arguments [3]string
	for i, value := range []any{facts, extra, style} {
		data, err := json.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("facts for the page: %w", err)
		}
		arguments[i] = string(data)
	}
	platform = strings.TrimSpace(platform)
	if platform == "" {
		platform = "null"
	}
	return fmt.Sprintf("const %s = (function () {\n'use strict';\n%sreturn main(%s, %s, %s, %q, (\n%s\n));\n})();\n",
		key(), source(parts...), arguments[0], arguments[1], arguments[2], key(), platform), nil
}

// key is the name under which Beam finds its own in a page. It is one that nobody can
// guess, of a constant of the page's global scope: such a constant is no property of
// the page's window (ECMA-262, 9.1.1.4: a declarative record), so that no script can
// list it. It is made once: each script of a process has the same.
var key = sync.OnceValue(func() string {
	var random [16]byte
	rand.Read(random[:]) // never fails
	return "beam" + hex.EncodeToString(random[:])
})

// CommandExpression returns the expression that has the page do something: its value
// is "ok", or says what is wrong. what is JSON.
func CommandExpression(what string) string {
	return fmt.Sprintf("typeof %s === 'function' ? %[1]s(%s) : 'this page has no layouts'", key(), what)
}

// source returns the named files, joined.
func source(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		data, err := sources.ReadFile("js/" + name + ".js")
		if err != nil {
			panic(err) // the files are part of the program
		}
		b.Write(data)
	}
	return b.String()
}
