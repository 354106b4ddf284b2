package x11

import "beam/capture"

// margin is by how much the screen is larger than the picture, both ways: a
// kiosk window as large as the screen comes out one pixel short.
const margin = 16

// ScreenFor returns the size of the screen on which a browser's window at the
// top left corner, in kiosk mode and of the given size, is exactly that size.
func ScreenFor(window capture.Size) capture.Size {
	return capture.Size{Width: window.Width + margin, Height: window.Height + margin}
}
