package source

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Site serves a page of our own on loopback.
type Site struct {
	URL  string
	http *http.Server
	run  errgroup.Group
}

// ServeSite serves files until Close.
func ServeSite(files http.Handler, log *slog.Logger) (*Site, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Site{URL: "http://" + listener.Addr().String() + "/", http: &http.Server{
		Handler: files, ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	s.run.Go(func() error {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return s, nil
}

// Close ends the serving.
func (s *Site) Close() error { return errors.Join(s.http.Close(), s.run.Wait()) }
