package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"beam/capture"
)

// Options of Start. The zero value is usable.
type Options struct {
	Addr     string       // to listen at, on loopback; "" is a free port of 127.0.0.1
	CacheDir string       // of the clips; "" is a folder in the user's cache
	FFmpeg   string       // "" looks in PATH
	Log      *slog.Logger // nil is silent
}

// Server is a running demo room. Its methods may be called from any goroutine.
type Server struct {
	log     *slog.Logger
	addr    string
	library *library
	rooms   map[string]*room
	api     *webrtc.API
	http    *http.Server
	cancel  context.CancelFunc

	running sync.WaitGroup // the listener and the rooms
	mu      sync.Mutex
	closed  bool
	viewers sync.WaitGroup // added to under mu, while not closed
}

// Start makes the clips, unless an earlier run has left them, which takes some
// seconds, and serves the rooms until ctx ends. Close has to be called in any
// case. The error is a *capture.Fault.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	listener, err := listen(ctx, o.Addr)
	if err != nil {
		return nil, err
	}
	s, err := prepare(ctx, o)
	if err != nil {
		listener.Close()
		return nil, err
	}
	s.addr = listener.Addr().String()
	ctx, s.cancel = context.WithCancel(ctx)
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	for _, r := range s.rooms {
		s.running.Go(func() { r.run(ctx) })
	}
	s.running.Go(func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.Log.Error("demo room: no longer served", "error", err)
		}
	})
	s.running.Go(func() {
		<-ctx.Done()
		s.http.Close()
	})
	return s, nil
}

// listen opens the port before the clips are made: a wrong address is told at
// once.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	fault := &capture.Fault{Class: capture.ClassUsage, Op: "serve the demo room at " + addr}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	switch {
	case err != nil:
		fault.Err, fault.Hint = err, "give the address as 127.0.0.1:PORT"
		return nil, fault
	case !tcp.IP.IsLoopback():
		fault.Err = errors.New("not a loopback address")
		fault.Hint = "its media go over loopback only; give the address as 127.0.0.1:PORT"
		return nil, fault
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", tcp.String())
	if err != nil {
		fault.Err, fault.Hint = err, "choose another port, or 0 for a free one"
		return nil, fault
	}
	return l, nil
}

// prepare makes all that a server needs but the port.
func prepare(ctx context.Context, o Options) (*Server, error) {
	ffmpeg := o.FFmpeg
	if ffmpeg == "" {
		ffmpeg = "ffmpeg"
	}
	fault := func(op, hint string, err error) error {
		return &capture.Fault{Class: capture.ClassEnvironment, Op: op, Hint: hint, Err: err}
	}
	library, err := clips(ctx, ffmpeg, o.CacheDir, o.Log)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fault("make the demo's clips", "install ffmpeg, with libvpx and libopus", err)
	case err != nil:
		return nil, fault("make the demo's clips", "", err)
	}
	clock := mediaClock{time.Now()}
	api, err := newAPI(clock)
	if err != nil {
		return nil, fault("prepare WebRTC", "", err)
	}
	rooms, err := cast(library, clock)
	if err != nil {
		return nil, fault("cast the demo room", "", err)
	}
	return &Server{log: o.Log, library: library, rooms: rooms, api: api}, nil
}

// URL returns the address of the room; ?picture=busy behind it asks for moving
// pictures that are work for an encoder, ?people=16 for sixteen people.
func (s *Server) URL() string { return fmt.Sprintf("http://%s/", s.addr) }

// TimingURL returns the address of the timing page.
func (s *Server) TimingURL() string { return s.URL() + "timing" }

// LipSyncURL returns the address of the lip-sync page.
func (s *Server) LipSyncURL() string { return s.URL() + "lipsync" }

// EndRoom ends the meeting for good: the viewers are told so, and so is who
// joins later.
func (s *Server) EndRoom() {
	for _, r := range s.rooms {
		r.end()
	}
}

// Close ends everything that Start began, and waits for it.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.running.Wait()
	s.viewers.Wait()
	return nil
}
