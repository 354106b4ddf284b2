package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"beam/beam"
	"beam/cmd/beam/preview"
	"beam/layout"
	"beam/layout/platform"
)

// about says in a few words what a layout shows.
var about = map[string]string{
	"native":    "the page's own interface, as a participant sees it",
	"grid":      "everybody, 25 at a time; a shared screen takes the middle",
	"speaker":   "who speaks, large; the others beside or, in portrait, below",
	"spotlight": "who speaks, alone; a shared screen alone",
}

func (a *app) layoutsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "layouts", Short: "List the layouts and the platforms",
		Long: "Layouts lists what --layout and --platform can be, with small drawings of the layouts. beam layouts\npreview writes pictures of them.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			a.listLayouts()
			return nil
		},
	}
	cmd.AddCommand(a.previewCommand())
	return cmd
}

func (a *app) listLayouts() {
	for _, name := range layout.Names() {
		fmt.Fprintf(a.stdout, "%s: %s\n\n", name, about[name])
		wide, tall := strings.Split(layout.Drawing(name, false), "\n"), strings.Split(layout.Drawing(name, true), "\n")
		for i := range max(len(wide), len(tall)) {
			var left, right string
			if i < len(wide) {
				left = wide[i]
			}
			if i < len(tall) {
				right = tall[i]
			}
			fmt.Fprintln(a.stdout, strings.TrimRight(fmt.Sprintf("    %-22s%s", left, right), " "))
		}
		fmt.Fprintln(a.stdout)
	}
	fmt.Fprint(a.stdout, "A URL is a layout too: a page that draws the room itself, such as a LiveKit Egress template.\n\nplatforms:\n")
	for _, p := range platform.All() {
		text := "no roles, no names"
		if p.Roles && p.Names {
			text = "roles, names"
		}
		if p.Chat {
			text += ", chat"
		}
		tried := ""
		if p.Tried != platform.TriedLive {
			tried = "; tried against pages of the same shape, not live"
		}
		fmt.Fprintf(a.stdout, "    %-10s%s: %s%s\n", p.Name, p.Title, text, tried)
	}
}

func (a *app) previewCommand() *cobra.Command {
	var (
		p          preview.Layout
		room       roomOptions
		dir        string
		resolution = "720p"
		portrait   bool
		names      []string
	)
	cmd := &cobra.Command{
		Use: "preview", Short: "Write pictures of the layouts",
		Long: "Preview draws the layouts with made-up people in Chrome and writes a PNG of each, to see a theme before\na meeting: grid.png, speaker.png, spotlight.png.",
		Example: `  beam layouts preview --people 9 --css brand.css -o previews
  beam layouts preview --layout speaker --portrait --share`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			orientation := "landscape"
			if portrait {
				orientation = "portrait"
			}
			var err error
			if p.Size, err = beam.FrameSize(resolution, orientation); err != nil {
				return err
			}
			if p.People < 1 || p.People > 50 {
				return usagef("--people is %d; it can be 1 to 50", p.People)
			}
			if err := room.read(&p.Theme); err != nil {
				return err
			}
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				return usagef("--output %s is not a folder", dir)
			}
			p.Chrome = beam.ToolsFromEnvironment().Chrome
			for _, name := range names {
				p.Name = name
				png, err := p.PNG(cmd.Context(), a.log)
				if err != nil {
					return err
				}
				path := filepath.Join(dir, name+".png")
				if err := os.WriteFile(path, png, 0o644); err != nil {
					return err
				}
				a.stderr.say("%s", path)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&names, "layout", layout.Names()[1:], "the layouts to draw")
	f.IntVar(&p.People, "people", 4, "how many people, 1 to 50")
	f.BoolVar(&p.Share, "share", false, "one of them shares a screen")
	f.BoolVar(&portrait, "portrait", false, "in portrait")
	f.StringVar(&resolution, "resolution", resolution, "size of the pictures: 480p, 720p, 1080p or WIDTHxHEIGHT")
	f.StringVarP(&dir, "output", "o", ".", "directory for the pictures")
	themeFlags(f, &p.Theme, &room)
	return cmd
}
