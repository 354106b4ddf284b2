package stage

import _ "embed"

//go:embed preview.html
var previewPage string

// PreviewPage returns a page of its own, without other files, that shows made-up
// people: as many as the query of its URL says (?people=4), and a shared screen
// with share=1. They stand still, in every run the same. Opened with Script for a
// layout and PreviewPlatform, or with any platform that serves window.beamRoom, it
// looks as a recording would.
func PreviewPage() string { return previewPage }

// PreviewPlatform returns the platform's script of the preview page.
func PreviewPlatform() string {
	return `function (room) {
	window.beamRoom = { people(list) { room.joined(); room.people(list); } };
}`
}
