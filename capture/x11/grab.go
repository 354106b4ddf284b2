package x11

import "beam/capture"

// Grab tells which pixels of which display to grab, and how often.
type Grab struct {
	Display    string // ":7"
	XAuthority string // path of the file with the display's cookie
	X, Y       int    // top left corner, in pixels from the screen's
	Size       capture.Size
	FPS        int // pictures a second
}

// margin is by how much the screen is larger than the picture, both ways: a
// kiosk window as large as the screen comes out one pixel short.
const margin = 16

// ScreenFor returns the size of the screen on which a browser's window at the
// top left corner, in kiosk mode and of the given size, is exactly that size.
func ScreenFor(window capture.Size) capture.Size {
	return capture.Size{Width: window.Width + margin, Height: window.Height + margin}
}

// Grab returns what to grab for a window of the given size at the top left
// corner of the screen, fps pictures a second.
func (s *Server) Grab(window capture.Size, fps int) Grab {
	return Grab{Display: s.Display(), XAuthority: s.XAuthority(), Size: window, FPS: fps}
}
