package x11

import (
	"os/exec"

	"beam/capture"
)

// Find returns the path of Xvfb: path itself if it is not empty, else the one
// in PATH. It returns a capture.Fault of the class environment when there is
// none.
func Find(path string) (string, error) {
	if path == "" {
		path = "Xvfb"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", &capture.Fault{Class: capture.ClassEnvironment, Op: "find Xvfb", Err: err,
			Hint: "install it (Debian: apt-get install xvfb), name it in BEAM_XVFB, or use --capture screencast"}
	}
	return found, nil
}
