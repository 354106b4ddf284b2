package layout

import "beam/layout/stage"

// Preview returns the script of a layout for the page of PreviewPage, which
// shows made-up people.
func Preview(r Request) (script string, err error) {
	return stage.Script(stage.Facts{
		Layout: r.Layout, Orientation: r.Orientation, Width: r.Width, Height: r.Height, Name: r.Name,
		CSS: r.Theme.CSS, Logo: r.Theme.Logo, Theme: theme(r.Theme),
	}, stage.PreviewPlatform())
}

// PreviewPage returns that page. Its query tells how many people there are
// ("people=4") and whether one shares a screen ("share=1").
func PreviewPage() string { return stage.PreviewPage() }

// Drawing returns a small drawing of a layout in ASCII, lines of equal length.
func Drawing(name string, portrait bool) string { return stage.Drawing(name, portrait) }
