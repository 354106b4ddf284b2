package x11

import (
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// The pointer is in the last corner, where no page is.
func TestPointer(t *testing.T) {
	s := start(t, t.TempDir())
	c, err := dial(t.Context(), s.number, s.cookie, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var at *xproto.QueryPointerReply
	if err := c.do(func() (err error) {
		at, err = xproto.QueryPointer(c.x, c.screen.Root).Reply()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if at.RootX != int16(c.screen.WidthInPixels)-1 || at.RootY != int16(c.screen.HeightInPixels)-1 {
		t.Errorf("the pointer is at %d,%d of %dx%d", at.RootX, at.RootY, c.screen.WidthInPixels, c.screen.HeightInPixels)
	}
}
