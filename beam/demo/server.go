package demo

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sync/errgroup"
)

//go:embed page
var pages embed.FS

// Options of Start. The zero value is usable.
type Options struct {
	Addr     string // to listen at; "" is a free port on 127.0.0.1
	CacheDir string // of the clips; "" is a folder in the user's cache
	FFmpeg   string // "" looks in PATH
	Log      *slog.Logger
}

// Server is a running demo room. Its methods may be called from any goroutine.
type Server struct {
	log      *slog.Logger
	kitchen  *kitchen
	api      *webrtc.API
	listener net.Listener
	http     *http.Server
	ctx      context.Context // of all that runs; ends with Close
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu    sync.Mutex
	rooms map[string]*room // by name; made when first visited
	close sync.Once
}

// Start makes the clips, unless they are there from an earlier run, and serves
// the room until Close is called or ctx ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	kitchen, err := newKitchen(o.FFmpeg, o.CacheDir)
	if err != nil {
		return nil, err
	}
	api, err := newAPI()
	if err != nil {
		return nil, err
	}
	s := &Server{log: o.Log, kitchen: kitchen, api: api, rooms: map[string]*room{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	if _, err := s.room(s.ctx, roomCalm); err != nil {
		s.cancel()
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", o.Addr); err != nil {
		s.cancel()
		s.running.Wait()
		return nil, err
	}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return s.ctx }}
	s.running.Go(func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("demo room", "error", err)
		}
	})
	return s, nil
}

// Close ends the rooms and everything that belongs to them.
func (s *Server) Close() error {
	s.close.Do(func() {
		s.cancel()
		s.http.Close()
		s.running.Wait()
	})
	return nil
}

// EndRoom tells all visitors that the meeting is over.
func (s *Server) EndRoom() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rooms {
		r.end()
	}
}

// URL returns the address of the room.
func (s *Server) URL() string { return s.base() + "/" }

// TimingURL returns the address of the timing page.
func (s *Server) TimingURL() string { return s.base() + "/timing" }

// LipSyncURL returns the address of the lip-sync page.
func (s *Server) LipSyncURL() string { return s.base() + "/lipsync" }

func (s *Server) base() string { return "http://" + s.listener.Addr().String() }

// The rooms there are.
const (
	roomCalm    = "calm"
	roomBusy    = "busy" // pictures that are work for an encoder: /?picture=busy
	roomLipSync = "lipsync"
)

func (s *Server) routes() http.Handler {
	files, err := fs.Sub(pages, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	page := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page("room.html"))
	mux.HandleFunc("GET /lipsync", page("room.html"))
	mux.HandleFunc("GET /timing", page("timing.html"))
	mux.Handle("GET /page/", http.StripPrefix("/page/", http.FileServerFS(files)))
	mux.HandleFunc("GET /clip/{id}", s.serveClip)
	mux.HandleFunc("GET /join", s.join)
	return mux
}

// room returns the room of a name, and makes it when it is not there yet.
func (s *Server) room(ctx context.Context, name string) (*room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[name]; r != nil {
		return r, nil
	}
	r, err := s.makeRoom(ctx, name)
	if err != nil {
		return nil, err
	}
	s.rooms[name] = r
	s.running.Go(func() { r.run(s.ctx) })
	return r, nil
}

func (s *Server) makeRoom(ctx context.Context, name string) (*room, error) {
	switch name {
	case roomLipSync:
		picture, sound := s.kitchen.lipSyncRecipes()
		m := &member{Participant: Participant{ID: "lipsync", Name: "Lip sync", Role: "host"}}
		err := s.publish(ctx, m, picture, sound)
		always := func(string, time.Duration) bool { return true }
		never := func(string, time.Duration) bool { return false }
		return newRoom([]*member{m}, script{always, never, func(time.Duration) string { return "" }}), err
	case roomCalm, roomBusy:
	default:
		return nil, fmt.Errorf("no room %q", name)
	}
	var members []*member
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, p := range Participants() {
		m := &member{Participant: p}
		members = append(members, m)
		g.Go(func() error {
			picture, sound := s.kitchen.person(p, i, name == roomBusy)
			return s.publish(ctx, m, picture, sound)
		})
		if p.ID == sharer {
			g.Go(func() (err error) {
				m.screen, err = s.publisher(ctx, s.kitchen.screenRecipe(), "video", p.ID+"-screen")
				return err
			})
		}
	}
	who := func(id string, t time.Duration) bool { return id == sharer && sharing(t) }
	return newRoom(members, script{present, who, speaker}), g.Wait()
}

// publish gives a member its sound and picture.
func (s *Server) publish(ctx context.Context, m *member, picture, sound recipe) error {
	for kind, r := range map[string]recipe{"video": picture, "audio": sound} {
		p, err := s.publisher(ctx, r, kind, m.ID)
		if err != nil {
			return err
		}
		m.tracks = append(m.tracks, p)
	}
	return nil
}

func (s *Server) publisher(ctx context.Context, r recipe, kind, stream string) (*publisher, error) {
	path, err := s.kitchen.path(ctx, r)
	if err != nil {
		return nil, err
	}
	c, err := load(path, r.length)
	if err != nil {
		return nil, err
	}
	return newPublisher(c, kind, stream)
}

// join serves one visitor over a WebSocket.
func (s *Server) join(w http.ResponseWriter, req *http.Request) {
	r, err := s.room(s.ctx, req.URL.Query().Get("room"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	socket, err := websocket.Accept(w, req, nil)
	if err != nil {
		return // it has answered
	}
	defer socket.CloseNow()
	s.running.Add(1)
	defer s.running.Done()
	socket.SetReadLimit(1 << 20)
	peer, err := s.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		s.log.Error("demo room", "error", err)
		return
	}
	defer peer.Close()
	// GracefulClose would wait for callbacks; there are none.
	v := &visitor{socket: socket, peer: peer, log: s.log, scenes: make(chan scene, 1), sent: map[*publisher]*webrtc.RTPSender{}}
	r.enter(v)
	defer r.leave(v)
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			cancel()
		}
	})
	if err := v.serve(ctx); err != nil && !gone(err) {
		s.log.Debug("visitor of the demo room", "error", err)
	}
}

// serveClip serves a participant's picture as WebM, for pages that play files.
func (s *Server) serveClip(w http.ResponseWriter, req *http.Request) {
	for i, p := range Participants() {
		if p.ID+".webm" != req.PathValue("id") {
			continue
		}
		picture, _ := s.kitchen.person(p, i, false)
		path, err := s.kitchen.remux(s.ctx, picture)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "video/webm")
		http.ServeFile(w, req, filepath.Clean(path))
		return
	}
	http.NotFound(w, req)
}
