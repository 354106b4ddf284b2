package chrome

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"golang.org/x/sys/unix"
)

// pipe is chromedp's Transport over the DevTools pipe: JSON messages, each
// with a zero byte at its end. It differs from chromedp's own in that it takes
// the screencast frames out of the stream, so that chromedp neither decodes
// them nor queues them.
type pipe struct {
	answers  *os.File
	commands *os.File
	in       *bufio.Reader
	long     []byte // a message longer than the buffer of in

	shots atomic.Pointer[func(shot)] // who gets the frames; must not block
	posts atomic.Int64               // messages sent by post
	adopt adoption

	write     sync.Mutex
	closeOnce sync.Once
	closed    chan struct{}
	closeErr  error
}

// firstPost is the lowest id of a message sent by post. chromedp counts from 1
// and Chrome takes ids of 31 bits.
const firstPost = 1 << 30

// newPipe returns a Transport; it owns both files.
func newPipe(answers, commands *os.File) *pipe {
	// A picture is some 300 kB; the default 64 kB would mean a switch of
	// processes for each part of it. Where 1 MiB is refused, it stays so.
	if raw, err := answers.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
	return &pipe{
		answers: answers, commands: commands,
		in:     bufio.NewReaderSize(answers, 1<<20),
		closed: make(chan struct{}),
	}
}

// onShot sets who gets the screencast frames, nil for nobody. f runs on the
// goroutine that reads all messages.
func (p *pipe) onShot(f func(shot)) {
	if f == nil {
		p.shots.Store(nil)
		return
	}
	p.shots.Store(&f)
}

// Read implements chromedp.Transport.
func (p *pipe) Read(_ context.Context, msg *cdproto.Message) error {
	for {
		b, err := p.next()
		if err != nil {
			return err
		}
		switch {
		case len(b) == 0:
		case isShot(b):
			if err := p.deliver(b); err != nil {
				return err
			}
		default:
			// The decoder keeps parts of its input, and b is overwritten.
			if err := jsonv2.Unmarshal(bytes.Clone(b), msg, chromedp.DefaultUnmarshalOptions); err != nil {
				return fmt.Errorf("message from chrome: %w", err)
			}
			if msg.ID < firstPost {
				p.adopt.receives(msg)
				return nil
			}
			*msg = cdproto.Message{} // nobody waits for it
		}
	}
}

func (p *pipe) deliver(b []byte) error {
	if p.shots.Load() == nil {
		return nil
	}
	s, err := parseShot(b)
	if err != nil {
		return err
	}
	p.give(s)
	return nil
}

// give hands a frame to whoever wants it.
func (p *pipe) give(s shot) {
	if f := p.shots.Load(); f != nil {
		(*f)(s)
	}
}

// next returns the next message, without its zero byte. It is valid until the
// next call.
func (p *pipe) next() ([]byte, error) {
	b, err := p.in.ReadSlice(0)
	if err == nil {
		return b[:len(b)-1], nil
	}
	if !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	p.long = append(p.long[:0], b...)
	for {
		b, err = p.in.ReadSlice(0)
		p.long = append(p.long, b...)
		if err == nil {
			return p.long[:len(p.long)-1], nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}

// Write implements chromedp.Transport.
func (p *pipe) Write(_ context.Context, msg *cdproto.Message) error {
	out, begins := p.adopt.sends(msg)
	if err := p.send(out); err != nil || !begins {
		return err
	}
	return p.post(string(msg.SessionID), runtime.CommandRunIfWaitingForDebugger, nil)
}

func (p *pipe) send(msg *cdproto.Message) error {
	b, err := jsonv2.Marshal(msg, chromedp.DefaultMarshalOptions)
	if err != nil {
		return fmt.Errorf("encode %s: %w", msg.Method, err)
	}
	p.write.Lock()
	defer p.write.Unlock()
	if _, err := p.commands.Write(append(b, 0)); err != nil {
		return fmt.Errorf("write %s: %w", msg.Method, err)
	}
	return nil
}

// command is post with parameters that are not encoded yet.
func (p *pipe) command(session, method string, params any) error {
	raw, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
	if err != nil {
		return fmt.Errorf("encode %s: %w", method, err)
	}
	return p.post(session, method, raw)
}

// post sends a command whose answer nobody needs. It may wait for Chrome to
// read its pipe, so it must not be called where the messages are read.
func (p *pipe) post(session, method string, params jsonv2.Value) error {
	return p.send(&cdproto.Message{
		ID:        firstPost + p.posts.Add(1)%firstPost,
		SessionID: target.SessionID(session),
		Method:    cdproto.MethodType(method),
		Params:    params,
	})
}

// Close closes both ends, which makes the browser exit.
func (p *pipe) Close() error {
	p.closeOnce.Do(func() {
		p.closeErr = errors.Join(p.answers.Close(), p.commands.Close())
		close(p.closed)
	})
	return p.closeErr
}

// attacher gives chromedp the connection to the browser that was started
// here. chromedp's own allocator starts browsers too, but kills only their
// first process and keeps the beginning of their output, not its end.
type attacher struct{ pipe *pipe }

// Attaches implements chromedp.Attacher.
func (attacher) Attaches() bool { return true }

// Wait implements chromedp.Allocator.
func (attacher) Wait() {}

// Allocate implements chromedp.Allocator.
func (a attacher) Allocate(ctx context.Context, opts ...chromedp.BrowserOption) (*chromedp.Browser, error) {
	return chromedp.NewBrowserTransport(ctx, a.pipe, opts...)
}
