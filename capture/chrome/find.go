package chrome

import (
	"fmt"
	"os/exec"
	"strings"

	"beam/capture"
)

// names are the commands under which Chromium and Chrome are installed, the
// distribution's own first.
var names = []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"}

const installHint = "install it (apt-get install chromium), or name it with --chrome-path or BEAM_CHROME"

// Find returns the path of the browser to start: path itself when it can be
// executed (a name without a slash is searched in PATH), or with "" the first
// of the usual names that is in PATH. When there is none, the error is a
// *capture.Fault of capture.ClassEnvironment.
func Find(path string) (string, error) {
	if path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", &capture.Fault{Class: capture.ClassEnvironment, Op: "find chrome", Hint: installHint, Err: err}
		}
		return found, nil
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", &capture.Fault{Class: capture.ClassEnvironment, Op: "find chrome", Hint: installHint,
		Err: fmt.Errorf("none of %s is in PATH", strings.Join(names, ", "))}
}
