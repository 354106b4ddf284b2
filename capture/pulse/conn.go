package pulse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// conn is one client's connection to the daemon.
type conn struct {
	client proto.Client
	net    net.Conn
	gone   chan struct{} // closed when nothing can be read any more
	once   sync.Once
	err    error // why, set before gone is closed
}

// dial connects and introduces itself; it gives up when ctx ends. callback gets
// what the server sends unasked, on the reading goroutine; it may be nil, and
// must not make requests.
func dial(ctx context.Context, socket string, callback func(any)) (*conn, error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	c := &conn{net: nc, gone: make(chan struct{})}
	c.client.SetTimeout(5 * time.Second)
	// The library calls it without asking whether there is one.
	c.client.Callback = func(m any) {
		if callback != nil {
			callback(m)
		}
	}
	c.client.Open(reader{c})
	if err := c.within(ctx, c.introduce); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *conn) introduce() error {
	// With auth-anonymous any cookie will do (protocol-native.c), but its
	// length is checked.
	var auth proto.AuthReply
	if err := c.request(&proto.Auth{Version: c.client.Version(), Cookie: make([]byte, 256)}, &auth); err != nil {
		return fmt.Errorf("authenticate: %w", err)
	}
	c.client.SetVersion(auth.Version)
	props := proto.PropList{
		"application.name":       proto.PropListString("beam"),
		"application.process.id": proto.PropListString(fmt.Sprint(os.Getpid())),
	}
	return c.request(&proto.SetClientName{Props: props}, &proto.SetClientNameReply{})
}

// request waits for the reply, for at most the client's five seconds, or until
// the connection is gone.
func (c *conn) request(req proto.RequestArgs, reply proto.Reply) error {
	return c.client.Request(req, reply)
}

// within does what makes requests, and closes the connection, which ends them,
// when ctx ends meanwhile: a daemon that is stopped accepts connections and
// answers nothing.
func (c *conn) within(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, func() { c.net.Close() })
	defer stop()
	err := do()
	if ctx.Err() != nil {
		return fmt.Errorf("no answer: %w", ctx.Err())
	}
	return err
}

// close returns when nothing is read any more: the callback isn't called again.
func (c *conn) close() {
	c.net.Close()
	<-c.gone
}

// reader tells when the connection is lost: the library itself tells only of
// an orderly end, and in its own goroutine.
type reader struct{ *conn }

func (r reader) Read(p []byte) (int, error) {
	n, err := r.net.Read(p)
	if err != nil {
		r.once.Do(func() {
			r.err = err
			if errors.Is(err, net.ErrClosed) {
				r.err = errors.New("connection closed")
			}
			close(r.gone)
		})
	}
	return n, err
}

func (r reader) Write(p []byte) (int, error) { return r.net.Write(p) }
