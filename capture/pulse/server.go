package pulse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"beam/capture"
	"beam/capture/child"
)

// Options of Start.
type Options struct {
	Path string       // of pulseaudio, see Find
	Dir  string       // a folder of the caller's; the daemon gets the folder "pulse" in it
	Log  *slog.Logger // gets what goes on, never nil
}

// Server is one running daemon. Its methods may be called from any goroutine.
type Server struct {
	log     *slog.Logger
	folder  string
	socket  string
	version string
	process *child.Process
	said    *child.Tail

	closing sync.Once
	closed  chan struct{} // Close was called: an exit is no fault

	mu    sync.Mutex
	stats Stats
}

const (
	startLimit = 10 * time.Second
	// maxSocket is the longest path of a socket, sun_path less its NUL (unix(7)).
	maxSocket = 107
	tailLines = 40 // of what the daemon says
)

// Start starts a daemon and returns when its sink can be played to. The daemon
// is killed when ctx ends, which is the hard way; Close is the ordinary one.
// Errors are capture.Faults: usage when the path of the socket would be too
// long, environment when the daemon doesn't come up.
func Start(ctx context.Context, o Options) (*Server, error) {
	s := &Server{log: o.Log, folder: filepath.Join(o.Dir, "pulse"), closed: make(chan struct{})}
	s.socket = filepath.Join(s.folder, "native")
	if len(s.socket) > maxSocket {
		return nil, &capture.Fault{Class: capture.ClassUsage, Op: "start pulseaudio",
			Err:  fmt.Errorf("the path of the socket is %d bytes long, %d are allowed: %s", len(s.socket), maxSocket, s.socket),
			Hint: "set TMPDIR to a shorter path"}
	}
	major, err := majorVersion(ctx, o.Path)
	if err != nil {
		return nil, startFault(err, "check that this program is PulseAudio's daemon: "+o.Path)
	}
	if err := s.prepare(); err != nil {
		return nil, startFault(err, "the folder must be writable: "+o.Dir)
	}
	s.said = child.NewTail(tailLines)
	s.process, err = child.Start(ctx, child.Command{Path: o.Path, Args: args(major, s.socket), Env: environment(s.folder), Stderr: s.said})
	if err != nil {
		os.RemoveAll(s.folder)
		return nil, startFault(err, "check that this program can be run: "+o.Path)
	}
	if err := s.wait(ctx); err != nil {
		s.process.KillAndWait()
		if said := complaints(s.said.Lines()); said != "" {
			err = fmt.Errorf("%w (pulseaudio says: %s)", err, said)
		}
		os.RemoveAll(s.folder)
		return nil, startFault(err, "run `beam doctor`")
	}
	s.log.Debug("pulseaudio started", "pid", s.PID(), "version", s.version)
	return s, nil
}

func startFault(err error, hint string) error {
	return &capture.Fault{Class: capture.ClassEnvironment, Op: "start pulseaudio", Err: err, Hint: hint}
}

// prepare makes the private folder, anew: a daemon that was killed leaves its
// socket behind, and a recording that repairs itself starts the next one here.
func (s *Server) prepare() error {
	if conn, err := net.Dial("unix", s.socket); err == nil {
		conn.Close()
		return errors.New("another daemon listens in this folder")
	}
	if err := os.RemoveAll(s.folder); err != nil {
		return err
	}
	// Mkdir follows the umask, so 0700 is the most that can come of it.
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.folder, "daemon.conf"), []byte(daemonConf), 0o600)
}

// wait returns when the daemon answers and has its sink.
func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := s.greet(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Exited():
			return fmt.Errorf("it ended: %w", s.process.Cause())
		case <-ctx.Done():
			return fmt.Errorf("it does not come up in %v: %w", startLimit, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Server) greet(ctx context.Context) error {
	c, err := dial(ctx, s.socket, nil)
	if err != nil {
		return err
	}
	defer c.close()
	var info proto.GetServerInfoReply
	if err := c.within(ctx, func() error {
		if err := c.request(&proto.GetServerInfo{}, &info); err != nil {
			return err
		}
		// Modules load after the socket answers.
		if err := c.request(&proto.GetSinkInfo{SinkIndex: proto.Undefined, SinkName: sinkName}, &proto.GetSinkInfoReply{}); err != nil {
			return fmt.Errorf("sink %s: %w", sinkName, err)
		}
		return nil
	}); err != nil {
		return err
	}
	s.version = info.PackageVersion
	return nil
}

// Addr returns the address for clients, as PULSE_SERVER wants it.
func (s *Server) Addr() string { return "unix:" + s.socket }

// PID returns the daemon's process id.
func (s *Server) PID() int { return s.process.PID() }

// Version returns what the daemon calls its version: "16.1".
func (s *Server) Version() string { return s.version }

// Done is closed when the daemon has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.process.Exited() }

// Err returns nil while the daemon runs and after Close, and a capture.Fault of
// the class audio when it ended by itself.
func (s *Server) Err() error {
	select {
	case <-s.process.Exited():
	default:
		return nil
	}
	if s.isClosed() {
		return nil
	}
	err := s.process.Cause()
	if said := complaints(s.said.Lines()); said != "" {
		err = fmt.Errorf("%w (it said: %s)", err, said)
	}
	return lost("run pulseaudio", err)
}

func (s *Server) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

func (s *Server) starved() bool { return starved(s.PID()) }

func lost(op string, err error) error {
	return &capture.Fault{Class: capture.ClassAudio, Op: op, Err: err}
}

// Close ends the daemon and removes its folder. It asks first, and kills when
// the daemon hasn't ended after two seconds or when ctx ends. A daemon that was
// stopped is let run for that. It may be called again, and returns when the
// process is gone.
func (s *Server) Close(ctx context.Context) error {
	s.closing.Do(func() { close(s.closed) })
	s.process.Stop(ctx, 2*time.Second)
	if err := os.RemoveAll(s.folder); err != nil {
		return fmt.Errorf("remove the folder of pulseaudio: %w", err)
	}
	return nil
}
