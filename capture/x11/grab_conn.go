package x11

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beam/capture"
)

// errHung is why a request wasn't answered by a server that is still there.
var errHung = errors.New("the X server doesn't answer")

// errLost is why a request wasn't answered by a server that is gone.
var errLost = errors.New("the connection to the X server is lost")

// rawEvent is an event of any extension, as on the wire (32 bytes).
type rawEvent []byte

func (e rawEvent) Bytes() []byte  { return e }
func (e rawEvent) String() string { return fmt.Sprintf("event %d", e[0]&0x7f) }

// rawError is an error of any extension, as on the wire (32 bytes).
type rawError []byte

func (e rawError) SequenceId() uint16 { return binary.LittleEndian.Uint16(e[2:]) }
func (e rawError) BadId() uint32      { return binary.LittleEndian.Uint32(e[4:]) }
func (e rawError) Error() string {
	return fmt.Sprintf("error %d of request %d.%d", e[1], e[10], binary.LittleEndian.Uint16(e[8:]))
}

// xgb keeps what it knows of extensions' events and errors in maps of the whole
// process, which the Init function of each extension writes to while other
// connections read. So those are never called: the maps are filled here, before
// any connection, with what fits every extension (events from 64 to 127 and
// errors from 128 are the extensions', X Window System Protocol, appendix B),
// and useExtension does the rest.
func init() {
	xgb.Logger = log.New(io.Discard, "", 0) // it would write to stderr
	for n := 64; n < 128; n++ {
		xgb.NewEventFuncs[n] = func(b []byte) xgb.Event { return rawEvent(b) }
	}
	for n := 128; n < 256; n++ {
		xgb.NewErrorFuncs[n] = func(b []byte) xgb.Error { return rawError(b) }
	}
}

// conn is a connection to an X server, with a deadline for each request.
type conn struct {
	x      *xgb.Conn
	socket net.Conn
	screen *xproto.ScreenInfo
	limit  time.Duration
	notify byte // number of DAMAGE's event
	hung   atomic.Bool
	lost   chan struct{} // closed when there are no more events
}

// dial connects to the display of this number.
func dial(ctx context.Context, number int, cookie []byte, limit time.Duration) (*conn, error) {
	socket, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(socketFolder, "X"+strconv.Itoa(number)))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { socket.Close() })
	defer stop()
	_ = socket.SetDeadline(time.Now().Add(limit)) // sockets have deadlines
	x, err := xgb.NewConnNet(&greeter{Conn: socket, hello: hello(cookie)})
	if err != nil {
		socket.Close()
		return nil, err
	}
	_ = socket.SetDeadline(time.Time{})
	return &conn{x: x, socket: socket, screen: xproto.Setup(x).DefaultScreen(x), limit: limit, lost: make(chan struct{})}, nil
}

// greeter replaces the first message to the server. xgb would take the cookie
// from the file that the environment names, which is not this server's.
type greeter struct {
	net.Conn
	hello []byte
}

func (g *greeter) Write(p []byte) (int, error) {
	if g.hello == nil {
		return g.Conn.Write(p)
	}
	hello := g.hello
	g.hello = nil
	if _, err := g.Conn.Write(hello); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hello is a client's first message: its byte order (little-endian), the
// protocol's version, 11.0, and the cookie (X Window System Protocol, section 8,
// connection setup).
func hello(cookie []byte) []byte {
	order := binary.LittleEndian
	b := order.AppendUint16([]byte{'l', 0}, 11)
	b = order.AppendUint16(b, 0)
	b = order.AppendUint16(b, uint16(len(cookieName)))
	b = order.AppendUint16(b, uint16(len(cookie)))
	b = append(b, 0, 0)
	for _, field := range [][]byte{[]byte(cookieName), cookie} {
		b = append(b, field...)
		b = append(b, make([]byte, -len(field)&3)...)
	}
	return b
}

// pump hands each event of DAMAGE to note, and closes lost after the last one.
func (c *conn) pump(note func(damage.NotifyEvent)) {
	defer close(c.lost)
	for {
		e, err := c.x.WaitForEvent()
		if e == nil && err == nil {
			return
		}
		// Errors of requests that nobody waits for are of no interest: only
		// those that end things are of that kind.
		if raw, ok := e.(rawEvent); ok && raw[0]&0x7f == c.notify {
			note(damage.NotifyEventNew(raw).(damage.NotifyEvent))
		}
	}
}

// do makes a request and waits for its answer. A server that doesn't answer
// within the limit is given up: the connection is closed, which is what unblocks
// the request, and this and all later ones return errHung.
func (c *conn) do(request func() error) error {
	w := startWatchdog(c.limit, func() {
		c.hung.Store(true)
		c.close()
	})
	err := request()
	w.stop()
	if err == nil || !errors.Is(err, io.EOF) { // an answer, be it an error
		return err
	}
	return c.why()
}

// why returns why the connection is closed.
func (c *conn) why() error {
	if c.hung.Load() {
		return fmt.Errorf("%w within %v", errHung, c.limit)
	}
	return errLost
}

// useExtensions asks for the extensions that grabbing needs.
func (c *conn) useExtensions() error {
	if _, err := c.useExtension("MIT-SHM"); err != nil {
		return err
	}
	var err error
	if c.notify, err = c.useExtension("DAMAGE"); err != nil {
		return err
	}
	// Without having been asked for its version, DAMAGE refuses the rest.
	return c.do(func() error {
		_, err := damage.QueryVersion(c.x, 1, 1).Reply()
		return err
	})
}

// useExtension returns the number of the extension's first event.
func (c *conn) useExtension(name string) (byte, error) {
	var reply *xproto.QueryExtensionReply
	err := c.do(func() (err error) {
		reply, err = xproto.QueryExtension(c.x, uint16(len(name)), name).Reply()
		return err
	})
	if err != nil {
		return 0, err
	}
	if !reply.Present {
		return 0, fmt.Errorf("the X server has no extension %s", name)
	}
	c.x.ExtLock.Lock()
	defer c.x.ExtLock.Unlock()
	c.x.Extensions[name] = reply.MajorOpcode
	return reply.FirstEvent, nil
}

// attach has the server attach the shared memory.
func (c *conn) attach(id int) (shm.Seg, error) {
	var seg shm.Seg
	err := c.do(func() (err error) {
		if seg, err = shm.NewSegId(c.x); err != nil {
			return err
		}
		return shm.AttachChecked(c.x, seg, uint32(id), false).Check()
	})
	return seg, err
}

// watch has the server report what is painted on the screen.
//
// The root window's damage has that of all windows in it. Raw rectangles are one
// event for each drawing request, sent after it was carried out, and Chrome
// shows a paint with one request; the other levels stay silent until the client
// has subtracted what it knows, which is a request more for each paint.
func (c *conn) watch() (watch, error) {
	var w watch
	err := c.do(func() (err error) {
		if w.id, err = damage.NewDamageId(c.x); err != nil {
			return err
		}
		cookie := damage.CreateChecked(c.x, w.id, xproto.Drawable(c.screen.Root), damage.ReportLevelRawRectangles)
		w.sequence = cookie.Sequence
		return cookie.Check() // which makes another request
	})
	w.since = capture.Now().Monotonic()
	return w, err
}

func (c *conn) unwatch(w watch) { damage.Destroy(c.x, w.id) }

// watch is one time of reporting damage.
type watch struct {
	id       damage.Damage // 0 for none
	sequence uint16        // of the request that began it
	since    time.Duration // on CLOCK_MONOTONIC
}

// reports tells whether the event is of this watch and of a paint. When a watch
// begins, the server reports the whole window as damaged, before it comes to the
// next request. Sequence numbers come round, so that must be in the past too.
func (w watch) reports(n damage.NotifyEvent) bool {
	begins := n.Sequence == w.sequence && int32(uint32(n.Timestamp)-uint32(w.since/time.Millisecond)) <= 0
	return n.Damage == w.id && !begins
}

// ping makes a request that costs the server nothing.
func (c *conn) ping() error {
	return c.do(func() error {
		_, err := xproto.GetInputFocus(c.x).Reply()
		return err
	})
}

// close ends the connection and with it the goroutines of xgb and pump; xgb's
// own Close would wait for an answer first.
func (c *conn) close() { c.socket.Close() }
