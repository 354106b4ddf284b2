package pulse

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"beam/capture/child"
)

var program = child.Program{
	Name: "pulseaudio", Commands: []string{"pulseaudio"}, Package: "pulseaudio", Variable: "BEAM_PULSEAUDIO",
}

// Find returns the path of pulseaudio: path itself if it is not empty, else the
// one in PATH. It returns a capture.Fault of the class environment when there
// is none.
func Find(path string) (string, error) { return program.Find(path) }

var versionPattern = regexp.MustCompile(`pulseaudio (\d+)\.`)

// majorVersion asks the program itself: "pulseaudio 16.1" is 16.
func majorVersion(ctx context.Context, path string) (int, error) {
	out := &child.Buffer{Limit: 4096}
	if err := child.Run(ctx, child.Command{Path: path, Args: []string{"--version"}, Env: child.Server.Environment("LC_ALL=C"), Stdout: out}); err != nil {
		return 0, fmt.Errorf("%s --version: %w", path, err)
	}
	return parseMajor(out.String())
}

func parseMajor(text string) (int, error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("not a version of pulseaudio: %.60q", text)
	}
	return strconv.Atoi(m[1])
}
