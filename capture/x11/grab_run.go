package x11

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beam/capture"
	"beam/capture/i420"
)

// Run grabs until ctx ends, then returns nil. The first frame is the whole
// picture as it is; then there is one for each paint that changed something, as
// the rate allows. A frame's time is that of the newest paint that it shows, the
// first one's at least the present; times rise from frame to frame. emit is
// called by Run itself and gets one reference to the frame; while it blocks
// nothing is grabbed, and paints become one.
//
// It returns a capture.Fault of the class browser when the server is gone or
// hangs, for good. It may be called again after it returned nil. When ctx ends
// while the server hangs, Run still takes up to the limit.
func (g *Grabber) Run(ctx context.Context, emit func(capture.Frame)) error {
	p := &picture{g: g, emit: emit}
	defer p.end()
	return g.run(ctx, p.grab)
}

// RunCount is Run without pictures: it only counts paints, for Stats, which costs
// nearly nothing.
func (g *Grabber) RunCount(ctx context.Context) error { return g.run(ctx, nil) }

// run calls grab for the whole picture first, and then whenever something was
// painted and the pace allows. A still page costs a request a second.
func (g *Grabber) run(ctx context.Context, grab func(whole bool) error) error {
	g.running.Lock()
	defer g.running.Unlock()
	err := g.start()
	if err == nil {
		defer g.stop()
		if grab != nil {
			err = grab(true)
		}
		if err == nil {
			err = g.follow(ctx, grab)
		}
	}
	if err == nil || ctx.Err() != nil || g.isClosed() && errors.Is(err, errLost) {
		return nil
	}
	return grabFault(capture.ClassBrowser, err)
}

func (g *Grabber) start() error {
	w, err := g.conn.watch()
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watch, g.tally = w, tally{}
	g.stats.LastAnswer = capture.Now()
	return nil
}

func (g *Grabber) stop() {
	g.mu.Lock()
	w := g.watch
	g.watch = watch{}
	g.mu.Unlock()
	g.conn.unwatch(w)
}

func (g *Grabber) follow(ctx context.Context, grab func(whole bool) error) error {
	timer := time.NewTimer(pingEvery)
	defer timer.Stop()
	for ctx.Err() == nil {
		due, ping := g.next(capture.Now(), grab != nil)
		var err error
		switch {
		case due <= 0:
			err = grab(false)
		case ping <= 0:
			if err = g.conn.ping(); err == nil {
				g.answered()
			}
		default:
			timer.Reset(min(due, ping))
			select {
			case <-ctx.Done():
			case <-g.conn.lost:
				err = g.conn.why()
			case <-g.wake:
			case <-timer.C:
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next returns how long it is until the next grab, if one is to be, and until
// the server is to be asked whether it lives.
func (g *Grabber) next(now capture.Time, grabbing bool) (due, ping time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	due = time.Hour
	if grabbing && g.tally.pending() {
		due = g.pace.wait(now, g.tally.at)
	}
	return due, g.stats.LastAnswer.Add(pingEvery).Sub(now)
}

func (g *Grabber) answered() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.LastAnswer = capture.Now()
}

// fetch has the server write what is pending, or everything, into the segment.
func (g *Grabber) fetch(whole bool) (flight, error) {
	begun := capture.Now()
	err := g.conn.do(func() error {
		_, err := g.request(whole, begun).Reply()
		return err
	})
	if err != nil {
		return flight{}, err
	}
	now := capture.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	f := g.tally.land(now)
	g.stats.Grabs++
	g.stats.Get += now.Sub(begun)
	g.stats.LastAnswer = now
	g.stats.Merged += f.paints
	if !whole && f.paints > 0 {
		g.stats.Merged-- // the one whose frame it is
	}
	return f, nil
}

// request sends the request and notes its number before any event that the
// server reports after it can be noted.
func (g *Grabber) request(whole bool, now capture.Time) shm.GetImageCookie {
	g.mu.Lock()
	defer g.mu.Unlock()
	r, at := g.tally.rows.even(), capture.Time(0)
	if whole {
		r, at = rows{0, g.size.Height}, now
	}
	g.pace.spend(max(at, g.tally.at), g.tally.paints > 1)
	cookie := shm.GetImage(g.conn.x, xproto.Drawable(g.conn.screen.Root), 0, int16(r.from), uint16(g.size.Width), uint16(r.to-r.from),
		0xffffffff, xproto.ImageFormatZPixmap, g.seg, uint32(r.from*g.size.Width*4))
	g.tally.send(r, at, cookie.Sequence)
	return cookie
}

// picture is the newest picture of one run.
type picture struct {
	g    *Grabber
	emit func(capture.Frame)
	raw  *capture.Raw // nil before the first
	at   capture.Time
}

func (p *picture) end() {
	if p.raw != nil {
		p.raw.Release()
	}
}

func (p *picture) grab(whole bool) error {
	f, err := p.g.fetch(whole)
	if err != nil {
		return err
	}
	begun := capture.Now()
	raw := p.g.pool.Get()
	i420.ConvertRows(raw.Pix, p.g.segment.mem, p.g.size, f.rows.from, f.rows.to)
	same := p.raw != nil && equalRows(raw.Pix, p.raw.Pix, p.g.size, f.rows)
	if !same && p.raw != nil {
		copyOthers(raw.Pix, p.raw.Pix, p.g.size, f.rows)
	}
	p.g.converted(capture.Now().Sub(begun))
	if same {
		p.g.unseen(f.paints)
		raw.Release()
		return nil
	}
	p.end()
	p.raw = raw
	p.at = max(p.at+1, f.at) // some paints come within one millisecond
	raw.Retain()
	p.emit(capture.Frame{At: p.at, Raw: raw})
	return nil
}

func (g *Grabber) converted(took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Convert += took
}

// unseen counts paints that nobody can see at this rate, such as two that undo
// each other between two grabs.
func (g *Grabber) unseen(paints int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stats.Same += paints
}

// planes returns where the rows, which are even, are in the planes of a picture:
// the first byte and the one after the last.
func planes(size capture.Size, r rows) [3][2]int {
	y, w := size.Pixels(), size.Width
	c := [2]int{y + r.from/2*(w/2), y + r.to/2*(w/2)}
	return [...][2]int{{r.from * w, r.to * w}, c, {c[0] + y/4, c[1] + y/4}}
}

// equalRows returns at the first difference, so that it costs little for
// pictures that differ.
func equalRows(a, b []byte, size capture.Size, r rows) bool {
	for _, p := range planes(size, r) {
		if !bytes.Equal(a[p[0]:p[1]], b[p[0]:p[1]]) {
			return false
		}
	}
	return true
}

// copyOthers copies all rows but these.
func copyOthers(dst, src []byte, size capture.Size, r rows) {
	done := 0
	for _, p := range planes(size, r) {
		copy(dst[done:p[0]], src[done:p[0]])
		done = p[1]
	}
	copy(dst[done:], src[done:])
}
