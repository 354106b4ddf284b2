package pulse

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"

	"beam/capture"
)

// Find returns the path of pulseaudio: path itself if it is not empty, else the
// one in PATH. It returns a capture.Fault of the class environment when there
// is none.
func Find(path string) (string, error) {
	if path == "" {
		path = "pulseaudio"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", &capture.Fault{Class: capture.ClassEnvironment, Op: "find pulseaudio", Err: err,
			Hint: "install it (Debian: apt-get install pulseaudio), or name it in BEAM_PULSEAUDIO"}
	}
	return found, nil
}

var versionPattern = regexp.MustCompile(`pulseaudio (\d+)\.`)

// majorVersion asks the program itself: "pulseaudio 16.1" is 16.
func majorVersion(ctx context.Context, path string) (int, error) {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w", path, err)
	}
	return parseMajor(string(out))
}

func parseMajor(text string) (int, error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("not a version of pulseaudio: %.60q", text)
	}
	return strconv.Atoi(m[1])
}
