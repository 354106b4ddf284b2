package chrome

import "beam/capture/child"

// program lists the commands under which Chromium and Chrome are installed, the
// distribution's own first.
var program = child.Program{
	Name:     "chrome",
	Commands: []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"},
	Package:  "chromium",
	Variable: "BEAM_CHROME",
}

// Find returns the path of the browser to start: path itself when it can be
// executed (a name without a slash is searched in PATH), or with "" the first
// of the usual names that is in PATH. When there is none, the error is a
// *capture.Fault of capture.ClassEnvironment.
func Find(path string) (string, error) { return program.Find(path) }
