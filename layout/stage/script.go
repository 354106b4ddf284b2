package stage

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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

// Facts are what the script is told. All but Extra can be read by the page.
type Facts struct {
	Layout      string `json:"layout"`      // Native or one of Names
	Orientation string `json:"orientation"` // landscape or portrait
	Width       int    `json:"width"`       // of the viewport, CSS pixels
	Height      int    `json:"height"`
	Name        string `json:"name"`     // of the recorder
	Platform    string `json:"platform"` // its name

	// The filter: globs with * and ?, upper and lower case alike. A person is seen
	// and heard who satisfies each list that is not empty; participants are matched
	// by their names and their ids.
	Roles               []string `json:"roles"`
	ExcludeRoles        []string `json:"excludeRoles"`
	Participants        []string `json:"participants"`
	ExcludeParticipants []string `json:"excludeParticipants"`

	CSS   string            `json:"css"`   // of the user, for the stage
	Logo  string            `json:"logo"`  // data: URL of a picture
	Theme map[string]string `json:"theme"` // "background", "accent", "tile", "text": CSS values

	// Extra are values for the platform's script only, such as a token. They never
	// get onto the page's window.
	Extra map[string]any `json:"-"`
}

//go:embed js/*.js
var sources embed.FS

//go:embed stage.css
var style string

// parts are the files of the script, in the order in which they are joined.
var parts = []string{
	"geometry", "seats", "speech", "filter", "roster",
	"tap", "gate", "withhold", "levels", "videos", "stats",
	"tile", "cover", "stage", "director",
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
	return fmt.Sprintf("(function () {\n'use strict';\n%smain(%s, %s, %s, (\n%s\n));\n})();\n",
		source(parts...), arguments[0], arguments[1], arguments[2], platform), nil
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
