package x11

import (
	"context"
	"time"

	"github.com/jezek/xgb/xproto"

	"beam/capture"
)

// pointerLimit is how long the server may take to move its pointer.
const pointerLimit = 5 * time.Second

// moveAside moves the pointer, which stands in the middle of a new screen, to the
// last pixel of the lower right corner. A window that leaves a margin there never
// has the pointer on it, so that nothing in it looks hovered; the pointer itself
// is not drawn at all.
func (s *Server) moveAside(ctx context.Context, screen capture.Size) error {
	c, err := dial(ctx, s.number, s.cookie, pointerLimit)
	if err != nil {
		return err
	}
	defer c.close()
	return c.do(func() error {
		return xproto.WarpPointerChecked(c.x, xproto.WindowNone, c.screen.Root, 0, 0, 0, 0,
			int16(screen.Width-1), int16(screen.Height-1)).Check()
	})
}
