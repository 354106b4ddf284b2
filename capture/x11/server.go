package x11

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"beam/capture"
	"beam/capture/child"
)

// Options of Start.
type Options struct {
	Path   string       // of Xvfb, see Find
	Dir    string       // a folder of the caller's; the server gets the folder "x11" in it
	Screen capture.Size // of the screen, see ScreenFor
	Log    *slog.Logger // gets what goes on, never nil
}

// Server is one running X server. Its methods may be called from any goroutine.
type Server struct {
	folder  string
	cookie  []byte // who knows it may connect
	number  int
	process *child.Process
	said    *child.Tail
	left    []leftover

	closing sync.Once
	closed  chan struct{} // Close was called: an exit is no fault
}

const (
	startLimit = 10 * time.Second
	tailLines  = 20 // of what the server says
)

// Start starts an X server and returns when clients can connect. The server is
// killed when ctx ends, which is the hard way; Close is the ordinary one.
// Errors are capture.Faults: usage when the screen has no sensible size,
// environment when the server doesn't come up.
func Start(ctx context.Context, o Options) (*Server, error) {
	// 16 bits is what the protocol has for coordinates, with a sign.
	if o.Screen.Width < 1 || o.Screen.Height < 1 || o.Screen.Width > 1<<15-1 || o.Screen.Height > 1<<15-1 {
		return nil, &capture.Fault{Class: capture.ClassUsage, Op: "start Xvfb", Err: fmt.Errorf("screen of %v pixels", o.Screen)}
	}
	if err := checkFolder(socketFolder); err != nil {
		return nil, startFault(err, "Xvfb needs a writable "+socketFolder+
			": with a read-only root, mount an empty folder at /tmp, or use --capture screencast")
	}
	s := &Server{folder: filepath.Join(o.Dir, "x11"), closed: make(chan struct{})}
	if err := s.prepare(); err != nil {
		return nil, startFault(err, "the folder must be writable: "+o.Dir)
	}
	if err := s.launch(ctx, o); err != nil {
		os.RemoveAll(s.folder)
		return nil, startFault(err, "run `beam doctor`, or use --capture screencast")
	}
	s.left = leftovers(s.number, s.PID())
	if err := s.moveAside(ctx, o.Screen); err != nil {
		o.Log.Warn("the pointer could not be moved out of the picture", "error", err)
	}
	o.Log.Debug("Xvfb started", "pid", s.PID(), "display", s.Display(), "screen", o.Screen)
	return s, nil
}

func startFault(err error, hint string) error {
	return &capture.Fault{Class: capture.ClassEnvironment, Op: "start Xvfb", Err: err, Hint: hint}
}

// prepare makes the private folder, anew: a recording that repairs itself
// starts the next server here.
func (s *Server) prepare() error {
	if err := os.RemoveAll(s.folder); err != nil {
		return err
	}
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return err
	}
	s.cookie = newCookie()
	return writeAuthority(s.XAuthority(), s.cookie)
}

func (s *Server) launch(ctx context.Context, o Options) error {
	ctx2, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	reader, writer, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reader.Close()
	s.said = child.NewTail(tailLines)
	s.process, err = child.Start(ctx, child.Command{
		Path: o.Path, Args: args(o.Screen, s.XAuthority()), Env: environment(s.folder),
		Stderr: s.said, Files: []*os.File{writer},
		// When Beam is killed, SIGTERM lets it remove its socket, which nobody
		// else would.
		DeathSignal: unix.SIGTERM,
	})
	writer.Close()
	if err != nil {
		return err
	}
	s.number, err = readNumber(ctx2, reader)
	if err == nil {
		return nil
	}
	s.process.KillAndWait()
	switch said := lastWords(s.said.Lines()); {
	case ctx2.Err() != nil:
		err = fmt.Errorf("no display number: %w", ctx2.Err())
	case said != "":
		err = fmt.Errorf("it ended: %w (Xvfb says: %s)", s.process.Cause(), said)
	default:
		err = fmt.Errorf("it ended: %w", s.process.Cause())
	}
	return err
}

// readNumber reads the display number that Xvfb writes when it is ready.
func readNumber(ctx context.Context, pipe *os.File) (int, error) {
	stop := context.AfterFunc(ctx, func() { _ = pipe.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	// It writes the digits and the newline apart.
	line, err := bufio.NewReaderSize(pipe, 16).ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

// args returns the arguments of an Xvfb that chooses its own display number and
// tells it on file descriptor 3.
func args(screen capture.Size, authority string) []string {
	return []string{
		"-displayfd", "3",
		"-screen", "0", screen.String() + "x24",
		"-auth", authority,
		"-nolisten", "tcp",
		"-nocursor",
		"-noreset",         // it would lose its screen between two clients
		"-s", "0", "-dpms", // the screen saver would blank the picture after ten minutes
		"-extension", "GLX", // costs 50 MB and most of the start; the browser doesn't draw with it
	}
}

func environment(folder string) []string {
	return child.Server.Environment("HOME="+folder, "TMPDIR="+folder, "LC_ALL=C")
}

// lastWords returns the last line that says something; Xvfb frames its fatal
// errors with lines that are "(EE)" and nothing more.
func lastWords(lines []string) string {
	said := ""
	for _, line := range lines {
		if line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "(EE)")); line != "" {
			said = line
		}
	}
	return said
}

// Display returns the name of the display: ":7".
func (s *Server) Display() string { return ":" + strconv.Itoa(s.number) }

// XAuthority returns the path of the file with the cookie, for XAUTHORITY.
func (s *Server) XAuthority() string { return filepath.Join(s.folder, "Xauthority") }

// PID returns the server's process id.
func (s *Server) PID() int { return s.process.PID() }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.process.Exited() }

// Err returns nil while the server runs and after Close, and a capture.Fault of
// the class browser, whose window is lost with it, when it ended by itself.
func (s *Server) Err() error {
	select {
	case <-s.process.Exited():
	default:
		return nil
	}
	select {
	case <-s.closed:
		return nil
	default:
	}
	err := s.process.Cause()
	if said := lastWords(s.said.Lines()); said != "" {
		err = fmt.Errorf("%w (it said: %s)", err, said)
	}
	return &capture.Fault{Class: capture.ClassBrowser, Op: "run Xvfb", Err: err}
}

// Close ends the server and removes its folder, its socket and its lock, also
// when it has been killed. It asks first, and kills when the server hasn't
// ended after two seconds or when ctx ends. It may be called again, and returns
// when the process is gone.
func (s *Server) Close(ctx context.Context) error {
	s.closing.Do(func() { close(s.closed) })
	s.process.Stop(ctx, 2*time.Second)
	for _, l := range s.left {
		l.remove()
	}
	if err := os.RemoveAll(s.folder); err != nil {
		return fmt.Errorf("remove the folder of Xvfb: %w", err)
	}
	return nil
}
