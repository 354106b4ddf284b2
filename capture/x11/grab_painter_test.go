package x11

import (
	"context"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beam/capture"
	"beam/capture/i420"
)

// painter is a client that draws, and what should be on the screen by that.
type painter struct {
	t      *testing.T
	conn   *conn
	gc     xproto.Gcontext
	size   capture.Size // of the picture
	pixels []byte       // of the picture, as the X server has them
}

func newPainter(t *testing.T, s *Server, size capture.Size) *painter {
	t.Helper()
	c, err := dial(t.Context(), s.number, s.cookie, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	p := &painter{t: t, conn: c, size: size, pixels: make([]byte, size.Pixels()*4)}
	t.Cleanup(c.close)
	p.gc, err = xproto.NewGcontextId(c.x)
	p.check(err)
	// What is drawn on the root window goes over its children too, such as the
	// grabber's floor.
	p.check(xproto.CreateGCChecked(c.x, p.gc, xproto.Drawable(c.screen.Root),
		xproto.GcSubwindowMode, []uint32{xproto.SubwindowModeIncludeInferiors}).Check())
	return p
}

func (p *painter) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// window maps a child of the root window, all black, at the top left corner.
func (p *painter) window(width, height int) xproto.Drawable {
	p.t.Helper()
	id, err := xproto.NewWindowId(p.conn.x)
	p.check(err)
	p.check(xproto.CreateWindowChecked(p.conn.x, p.conn.screen.RootDepth, id, p.conn.screen.Root, 0, 0, uint16(width), uint16(height), 0,
		xproto.WindowClassInputOutput, p.conn.screen.RootVisual, xproto.CwBackPixel, []uint32{0}).Check())
	p.check(xproto.MapWindowChecked(p.conn.x, id).Check())
	p.model(0, 0, width, height, 0)
	return xproto.Drawable(id)
}

// fill draws rectangles {x, y, width, height} with one request, which the server
// reports as one rectangle around them, and returns when it has been done.
func (p *painter) fill(on xproto.Drawable, colour uint32, rects ...[4]int) {
	p.t.Helper()
	list := make([]xproto.Rectangle, len(rects))
	for i, r := range rects {
		list[i] = xproto.Rectangle{X: int16(r[0]), Y: int16(r[1]), Width: uint16(r[2]), Height: uint16(r[3])}
		p.model(r[0], r[1], r[2], r[3], colour)
	}
	p.check(xproto.ChangeGCChecked(p.conn.x, p.gc, xproto.GcForeground, []uint32{colour}).Check())
	p.check(xproto.PolyFillRectangleChecked(p.conn.x, on, p.gc, list).Check())
}

func (p *painter) root() xproto.Drawable { return xproto.Drawable(p.conn.screen.Root) }

// put draws pixels, four bytes each.
func (p *painter) put(on xproto.Drawable, x, y, width, height int, pixels []byte) {
	p.t.Helper()
	p.check(xproto.PutImageChecked(p.conn.x, xproto.ImageFormatZPixmap, on, p.gc, uint16(width), uint16(height),
		int16(x), int16(y), 0, p.conn.screen.RootDepth, pixels).Check())
	for row := range height {
		copy(p.pixels[((y+row)*p.size.Width+x)*4:], pixels[row*width*4:(row+1)*width*4])
	}
}

// model keeps what a rectangle changes in the picture.
func (p *painter) model(x, y, width, height int, colour uint32) {
	for row := max(0, y); row < min(p.size.Height, y+height); row++ {
		for col := max(0, x); col < min(p.size.Width, x+width); col++ {
			at := p.pixels[(row*p.size.Width+col)*4:]
			at[0], at[1], at[2] = byte(colour), byte(colour>>8), byte(colour>>16)
		}
	}
}

// want returns the planes of what should be on the screen.
func (p *painter) want() []byte {
	planes := make([]byte, p.size.Pixels()*3/2)
	i420.ConvertRows(planes, p.pixels, p.size, 0, p.size.Height)
	return planes
}

// grabbing is a run of a grabber in a test.
type grabbing struct {
	t      *testing.T
	frames chan capture.Frame
	cancel context.CancelFunc
	ended  chan error
}

// patience is for what has to happen, however busy the machine is.
const patience = 30 * time.Second

func newGrabber(t *testing.T, s *Server, size capture.Size, limit time.Duration) *Grabber {
	t.Helper()
	g, err := s.NewGrabber(t.Context(), GrabOptions{Size: size, Limit: limit, Log: options("").Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// runGrabber runs it; the test has to read the frames.
func runGrabber(t *testing.T, g *Grabber) *grabbing {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &grabbing{t: t, frames: make(chan capture.Frame, 1000), cancel: cancel, ended: make(chan error, 1)}
	go func() {
		err := g.Run(ctx, func(f capture.Frame) { r.frames <- f })
		close(r.frames)
		r.ended <- err
	}()
	t.Cleanup(cancel)
	return r
}

// frame returns the next frame's time and a copy of its planes.
func (r *grabbing) frame() (capture.Time, []byte) {
	r.t.Helper()
	select {
	case f, ok := <-r.frames:
		if !ok {
			r.t.Fatal("the run has ended")
		}
		defer f.Release()
		return f.At, append([]byte(nil), f.Bytes()...)
	case <-time.After(patience):
		r.t.Fatal("no frame")
		return 0, nil
	}
}

// end cancels the run and returns its error.
func (r *grabbing) end() error {
	r.cancel()
	return r.wait()
}

func (r *grabbing) wait() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		for f := range r.frames {
			f.Release()
		}
		return err
	case <-time.After(patience):
		r.t.Fatal("the run doesn't end")
		return nil
	}
}

// eventually waits for what another process has to do first.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
