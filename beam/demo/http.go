package demo

import (
	"bytes"
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

//go:embed web
var web embed.FS

func (s *Server) routes() http.Handler {
	files, err := fs.Sub(web, "web")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	page := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) }
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", page("room.html"))
	mux.HandleFunc("GET /lipsync", page("lipsync.html"))
	mux.HandleFunc("GET /timing", page("timing.html"))
	mux.Handle("GET /web/", http.StripPrefix("/web/", http.FileServerFS(files)))
	mux.HandleFunc("GET /clips/{name}", s.serveClip)
	mux.HandleFunc("GET /join", s.serveViewer)
	return s.counted(mux)
}

// counted lets Close wait for all requests: net/http does not wait for
// connections that became WebSockets.
func (s *Server) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			http.Error(w, "closing", http.StatusServiceUnavailable)
			return
		}
		s.viewers.Add(1)
		s.mu.Unlock()
		defer s.viewers.Done()
		h.ServeHTTP(w, r)
	})
}

func (s *Server) serveViewer(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	room := s.rooms[query.Get("room")]
	if room == nil {
		http.NotFound(w, r)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has answered
	}
	log := s.log.With("room", room.name, "name", query.Get("name"), "role", query.Get("role"))
	log.Debug("demo room: a viewer joins")
	err = watch(r.Context(), room, s.api, conn, log)
	log.Debug("demo room: a viewer left", "error", err)
}

// serveClip serves a participant's pictures as WebM, for pages that play files.
func (s *Server) serveClip(w http.ResponseWriter, r *http.Request) {
	name, isWebM := strings.CutSuffix(r.PathValue("name"), ".webm")
	data, known := s.library.webm[name]
	if !isWebM || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "video/webm")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}
