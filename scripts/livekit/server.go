package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// server is a livekit-server that runs as a child.
type server struct {
	url         string // ws://127.0.0.1:PORT
	key, secret string
	process     *os.Process
	ended       chan struct{}
	err         error // of the child, once ended is closed
}

// config keeps all traffic on loopback.
const config = `port: %d
bind_addresses: ["127.0.0.1"]
rtc:
  node_ip: 127.0.0.1
  udp_port: %d
  tcp_port: 0
  use_external_ip: false
  enable_loopback_candidate: true
  interfaces:
    includes: [lo]
  stun_servers: ["127.0.0.1:3478"]
room:
  empty_timeout: 60
  departure_timeout: 60
keys:
  %s: %s
logging:
  level: error
`

// startServer starts the program at path and waits until it answers. Its
// configuration goes into dir, what it prints to standard error.
func startServer(ctx context.Context, path, dir string) (*server, error) {
	port, err := freePort("tcp")
	if err != nil {
		return nil, err
	}
	udp, err := freePort("udp")
	if err != nil {
		return nil, err
	}
	s := &server{
		url: fmt.Sprintf("ws://127.0.0.1:%d", port),
		key: "devkey", secret: rand.Text() + rand.Text(), ended: make(chan struct{}),
	}
	file := filepath.Join(dir, "livekit.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, config, port, udp, s.key, s.secret), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "--config", file)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error)
	go func() {
		defer close(s.ended)
		// Pdeathsig is of the thread that starts the child, so it stays as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			s.err = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start livekit-server: %w", err)
	}
	s.process = cmd.Process
	if err := s.answers(ctx, fmt.Sprintf("http://127.0.0.1:%d/", port)); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.ended:
			return fmt.Errorf("livekit-server ended at once: %v", s.err)
		case <-ctx.Done():
			return fmt.Errorf("livekit-server does not answer: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the server and waits for it.
func (s *server) stop() {
	_ = s.process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(5 * time.Second): // it waits for rooms to become empty
		_ = syscall.Kill(-s.process.Pid, syscall.SIGKILL)
		<-s.ended
	}
}

// freePort returns a port of loopback that nobody uses just now.
func freePort(network string) (int, error) {
	if network == "udp" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		return conn.LocalAddr().(*net.UDPAddr).Port, conn.Close()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
