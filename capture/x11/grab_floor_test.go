package x11

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beam/capture"
)

// TestPictureStands lets a client with a window die, as a browser does: what it
// had painted stays on the screen.
func TestPictureStands(t *testing.T) {
	path, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	size := capture.Size{Width: 64, Height: 48}
	s, err := Start(t.Context(), Options{Path: path, Dir: t.TempDir(), Screen: size, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.WithoutCancel(t.Context()))
	g, err := s.NewGrabber(t.Context(), GrabOptions{Size: size, Limit: time.Minute, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()

	client, err := dial(t.Context(), s.number, s.cookie, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	id, err := xproto.NewWindowId(client.x)
	if err != nil {
		t.Fatal(err)
	}
	xproto.CreateWindow(client.x, client.screen.RootDepth, id, client.screen.Root, 0, 0, 64, 48, 0,
		xproto.WindowClassInputOutput, client.screen.RootVisual, xproto.CwBackPixel, []uint32{0xffffff})
	if err := xproto.MapWindowChecked(client.x, id).Check(); err != nil {
		t.Fatal(err)
	}
	if y := grabLuma(t, g); y < 230 {
		t.Fatalf("the window is not seen: luma %d", y)
	}
	client.close()
	for windows := 2; windows > 1; { // until only the grabber's own is left
		tree, err := xproto.QueryTree(g.conn.x, g.conn.screen.Root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		windows = len(tree.Children)
	}
	if y := grabLuma(t, g); y < 230 {
		t.Errorf("the picture went with the client: luma %d", y)
	}
}

// grabLuma returns the luma of the middle of the screen as it is.
func grabLuma(t *testing.T, g *Grabber) (y byte) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := g.Run(ctx, func(f capture.Frame) {
		y = f.Bytes()[g.size.Width*(g.size.Height/2)+g.size.Width/2]
		f.Release()
		cancel()
	})
	if err != nil {
		t.Fatal(err)
	}
	return y
}
