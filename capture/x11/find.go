package x11

import "beam/capture/child"

var program = child.Program{
	Name: "Xvfb", Commands: []string{"Xvfb"}, Package: "xvfb", Variable: "BEAM_XVFB",
	Instead: "use --capture screencast",
}

// Find returns the path of Xvfb: path itself if it is not empty, else the one
// in PATH. It returns a capture.Fault of the class environment when there is
// none.
func Find(path string) (string, error) { return program.Find(path) }
