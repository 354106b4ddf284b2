package x11

import "github.com/jezek/xgb/xproto"

// floor puts a window without a background below all others, as large as the
// screen. When the browser dies, its window goes at once, and the server paints
// what comes to light below it: with this window that is nothing, so that the
// last picture stands, where it would turn black before anybody can know why. It
// goes with the connection.
func (c *conn) floor() error {
	id, err := xproto.NewWindowId(c.x)
	if err != nil {
		return err
	}
	return c.do(func() error {
		// Depth, visual and, as it is not named, no background (X Window System
		// Protocol, CreateWindow); no window manager is to touch it.
		xproto.CreateWindow(c.x, c.screen.RootDepth, id, c.screen.Root, 0, 0, c.screen.WidthInPixels, c.screen.HeightInPixels, 0,
			xproto.WindowClassInputOutput, c.screen.RootVisual, xproto.CwOverrideRedirect, []uint32{1})
		xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeBelow})
		return xproto.MapWindowChecked(c.x, id).Check()
	})
}
