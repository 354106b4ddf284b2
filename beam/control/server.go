package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Server answers for one recording.
type Server struct {
	path string
	lock *os.File
	http *http.Server
	run  errgroup.Group
}

const (
	longestBody = 64 << 10 // bytes
	longestText = 500      // bytes of a chapter's title
	readLimit   = 5 * time.Second
)

// ErrTaken means that a recording with the same id is running.
var ErrTaken = errors.New("a recording with this id is running")

// Serve answers on the socket of an id until Close. An id that a living
// recording has is ErrTaken.
func Serve(id string, r Recording, log *slog.Logger) (*Server, error) {
	path, err := socketPath(id)
	if err != nil {
		return nil, err
	}
	lock, err := takeID(path)
	if err != nil {
		return nil, fmt.Errorf("take the id %s: %w", id, err)
	}
	sweep()
	_ = os.Remove(path) // of a recording that was killed: its lock was free
	// The folder keeps others out already, also before the mode is set.
	listener, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		_ = os.Remove(lock.Name())
		return nil, errors.Join(fmt.Errorf("open the control socket: %w", err), lock.Close())
	}
	s := &Server{path: path, lock: lock}
	s.http = &http.Server{Handler: handler(r), ReadTimeout: readLimit, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	s.run.Go(func() error {
		if err := s.http.Serve(ownListener{listener, log}); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return s, nil
}

// takeID makes the folder and takes the lock of a socket. Another recording that
// ends at the same moment may remove the folder in between.
func takeID(path string) (lock *os.File, err error) {
	for range 10 {
		if err = makeFolder(Folder()); err != nil {
			return nil, err
		}
		lock, err = lockID(path + lockSuffix)
		if !errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrTaken
	}
	return lock, err
}

// sweep removes what recordings left that were killed.
func sweep() {
	ids, err := idsIn(Folder())
	if err != nil {
		return
	}
	for _, id := range ids {
		path, err := socketPath(id)
		if err != nil {
			continue
		}
		lock, err := lockID(path + lockSuffix)
		if err != nil {
			continue // it is alive
		}
		_ = os.Remove(path)
		_ = os.Remove(lock.Name())
		lock.Close()
	}
}

// lockID takes the lock that tells that an id's recording is alive.
func lockID(path string) (*os.File, error) {
	// Not through a link, which would make or lock a file elsewhere.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	// Whoever had it may have removed it in between: then it locks nothing.
	var mine, there unix.Stat_t
	if err := errors.Join(unix.Fstat(int(file.Fd()), &mine), unix.Stat(path, &there)); err != nil || mine.Ino != there.Ino {
		return nil, errors.Join(unix.EWOULDBLOCK, file.Close())
	}
	return file, nil
}

// Close ends the server and removes its socket. Requests under way are given
// up.
func (s *Server) Close() error {
	err := s.http.Close() // which removes the socket
	err = errors.Join(err, s.run.Wait())
	err = errors.Join(err, os.Remove(s.lock.Name()), s.lock.Close())
	_ = os.Remove(Folder()) // unless another recording is running
	return err
}

// handler is the interface of the package comment.
func handler(r Recording) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		s := r.Status()
		s.PID = os.Getpid()
		answer(w, http.StatusOK, s)
	})
	handle := func(name string, do func(context.Context, request) error) {
		mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, req *http.Request) {
			var body request
			if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, longestBody)).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
				answer(w, http.StatusBadRequest, failure{"the request can't be read: " + err.Error()})
				return
			}
			if err := do(req.Context(), body); err != nil {
				answer(w, http.StatusConflict, failure{err.Error()})
				return
			}
			answer(w, http.StatusOK, struct{}{})
		})
	}
	handle("stop", func(context.Context, request) error { r.Stop(); return nil })
	handle("pause", func(ctx context.Context, _ request) error { return r.Pause(ctx) })
	handle("resume", func(ctx context.Context, _ request) error { return r.Resume(ctx) })
	handle("layout", func(ctx context.Context, b request) error { return r.SetLayout(ctx, b.Layout) })
	named := func(do func(context.Context, []string) error) func(context.Context, request) error {
		return func(ctx context.Context, b request) error {
			if len(b.Names) == 0 || slices.ContainsFunc(b.Names, func(n string) bool { return strings.TrimSpace(n) == "" || len(n) > longestText }) {
				return fmt.Errorf("no name, or one that is not of 1 to %d bytes", longestText)
			}
			return do(ctx, b.Names)
		}
	}
	handle("exclude", named(r.Exclude))
	handle("include", named(r.Include))
	handle("mark", func(_ context.Context, b request) error {
		if b.Text == "" || len(b.Text) > longestText {
			return fmt.Errorf("a chapter's title has 1 to %d bytes", longestText)
		}
		return r.Mark(b.Text)
	})
	return mux
}

// request is the body of a request.
type request struct {
	Layout string   `json:"layout,omitempty"`
	Text   string   `json:"text,omitempty"`
	Names  []string `json:"names,omitempty"`
}

type failure struct {
	Error string `json:"error"`
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
