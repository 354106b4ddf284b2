package x11

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beam/capture"
)

// GrabOptions are the options of NewGrabber.
type GrabOptions struct {
	Size  capture.Size  // of the picture, the top left corner of the screen; even
	Limit time.Duration // for the server to answer a request, after which it is given up; 0 for 2 s
	Log   *slog.Logger  // gets what goes on, never nil
}

// GrabStats is what a Grabber has done so far, all its runs together.
type GrabStats struct {
	// Paints are those that touched the picture while Run or RunCount ran.
	// Reports of damage less than 4 ms after a paint's first one, by the X
	// server's clock, are of the same paint.
	Paints int
	// Merged are paints that were grabbed together with a later one, or with the
	// whole picture that a run begins with: they have no frame of their own.
	Merged int
	// Same are paints that were grabbed and changed nothing: the image was equal to
	// the picture before, and was not emitted.
	Same  int
	Grabs int           // images fetched
	Get   time.Duration // spent waiting for images
	// Convert is the time spent on making frames of images: conversion,
	// comparison, and copying of the rest from the frame before.
	Convert    time.Duration
	LastPaint  capture.Time // 0 before the first
	LastAnswer capture.Time // of the server to any request
}

// Grabber takes pictures of a server's screen. One goroutine may be in Run or
// RunCount; the other methods may be called from any.
type Grabber struct {
	log     *slog.Logger
	size    capture.Size
	conn    *conn
	segment *segment
	seg     shm.Seg // the segment's name at the server
	pool    *capture.RawPool
	wake    chan struct{} // something of what mu guards has changed
	running sync.Mutex    // held by Run and RunCount

	mu     sync.Mutex
	closed bool
	watch  watch // none while nothing runs
	tally  tally
	pace   pace
	stats  GrabStats
}

const (
	grabLimit = 2 * time.Second
	// pingEvery is how long a page may stand still before the server is asked
	// whether it is still there.
	pingEvery = time.Second
	// poolKeep is how many unused pictures are kept: what the stages behind hold
	// for a moment when the encoder is late, 3 MB each at 1080p.
	poolKeep = 6
)

// NewGrabber connects to the server and prepares the shared memory. Errors are
// capture.Faults: usage when the size doesn't fit, environment when the server
// refuses what grabbing needs, browser when it is dead or hangs.
func (s *Server) NewGrabber(ctx context.Context, o GrabOptions) (*Grabber, error) {
	if o.Limit <= 0 {
		o.Limit = grabLimit
	}
	if o.Size.Width < 2 || o.Size.Height < 2 || o.Size.Width%2 != 0 || o.Size.Height%2 != 0 {
		return nil, grabFault(capture.ClassUsage, fmt.Errorf("a picture of %v pixels", o.Size))
	}
	c, err := dial(ctx, s.number, s.cookie, o.Limit)
	if err != nil {
		return nil, connectFault(ctx, err)
	}
	g := &Grabber{log: o.Log, size: o.Size, conn: c, pool: capture.NewRawPool(o.Size, poolKeep), wake: make(chan struct{}, 1)}
	// It ends with the connection, and Close waits for it.
	go c.pump(g.note)
	stop := context.AfterFunc(ctx, c.close)
	defer stop()
	if err := g.prepare(); err != nil {
		_ = g.Close() // err says more
		return nil, connectFault(ctx, err)
	}
	o.Log.Debug("grabbing from Xvfb", "display", s.Display(), "size", o.Size)
	return g, nil
}

func (g *Grabber) prepare() error {
	if err := checkScreen(g.conn, g.size); err != nil {
		return err
	}
	if err := g.conn.useExtensions(); err != nil {
		return err
	}
	if err := g.conn.floor(); err != nil {
		return err
	}
	var err error
	if g.segment, err = newSegment(g.size.Pixels() * 4); err != nil {
		return err
	}
	defer g.segment.mark() // whether or not the server has attached it by now
	g.seg, err = g.conn.attach(g.segment.id)
	return err
}

// checkScreen returns an error when the picture isn't on the screen, or when the
// screen's pixels aren't 32 bits each, blue first.
func checkScreen(c *conn, size capture.Size) error {
	screen := capture.Size{Width: int(c.screen.WidthInPixels), Height: int(c.screen.HeightInPixels)}
	if size.Width > screen.Width || size.Height > screen.Height {
		return grabFault(capture.ClassUsage, fmt.Errorf("a picture of %v pixels from a screen of %v", size, screen))
	}
	setup := xproto.Setup(c.x)
	fits := setup.ImageByteOrder == xproto.ImageOrderLSBFirst && c.screen.RootDepth == 24
	for _, f := range setup.PixmapFormats {
		fits = fits && (f.Depth != c.screen.RootDepth || f.BitsPerPixel == 32)
	}
	for _, depth := range c.screen.AllowedDepths {
		for _, v := range depth.Visuals {
			fits = fits && (v.VisualId != c.screen.RootVisual || v.RedMask == 0xff0000 && v.BlueMask == 0xff)
		}
	}
	if !fits {
		return errors.New("the screen's pixels are not 32 bits of blue, green, red")
	}
	return nil
}

// note is called for each report of damage.
func (g *Grabber) note(n damage.NotifyEvent) {
	arrival := capture.Now()
	r := damaged(g.size, int(n.Area.X), int(n.Area.Y), int(n.Area.Width), int(n.Area.Height))
	if r.empty() {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.watch.reports(n) {
		return
	}
	at := capture.FromMonotonic(paintTime(uint32(n.Timestamp), arrival.Monotonic()))
	began, late := g.tally.note(event{rows: r, stamp: uint32(n.Timestamp), at: at, sequence: n.Sequence})
	if began {
		g.stats.Paints++
	}
	if late {
		g.stats.Merged++
	}
	g.stats.LastPaint = max(g.stats.LastPaint, at)
	g.stir()
}

// stir wakes the run.
func (g *Grabber) stir() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// SetRate has at most about that many grabs made a second, of the paints nearest to
// an even schedule; 0 for one each paint, which is how a Grabber begins. A paint
// that is not the nearest is grabbed together with those that come after it.
func (g *Grabber) SetRate(fps float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace.setRate(fps)
	g.stir()
}

// Align has the paints grabbed that are nearest to the grid of a recording, as long
// as they are grabbed at its rate: frames a second, one of them at start.
func (g *Grabber) Align(start capture.Time, fps float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pace.align(start, fps)
}

// Stats returns what has been done so far.
func (g *Grabber) Stats() GrabStats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stats
}

// Close ends the connection and gives the shared memory back. A run ends with
// it, without an error, and is waited for; so it must not be called from emit.
// It may be called again.
func (g *Grabber) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.conn.close()
	<-g.conn.lost
	g.running.Lock()
	defer g.running.Unlock()
	if g.segment == nil {
		return nil
	}
	if err := g.segment.detach(); err != nil {
		return fmt.Errorf("detach shared memory: %w", err)
	}
	return nil
}

func (g *Grabber) isClosed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

const grabHint = "run `beam doctor`, or use --capture screencast"

func grabFault(class capture.Class, err error) error {
	f := &capture.Fault{Class: class, Op: "grab the screen", Err: err}
	if class == capture.ClassEnvironment {
		f.Hint = grabHint
	}
	return f
}

// connectFault tells a server that is gone or hangs from one that refuses.
func connectFault(ctx context.Context, err error) error {
	var fault *capture.Fault
	var network net.Error
	switch {
	case ctx.Err() != nil: // which closed the connection
		return grabFault(capture.ClassEnvironment, ctx.Err())
	case errors.As(err, &fault):
		return fault
	case errors.As(err, &network), errors.Is(err, errLost), errors.Is(err, errHung), errors.Is(err, io.EOF):
		return grabFault(capture.ClassBrowser, err)
	}
	return grabFault(capture.ClassEnvironment, err)
}
