package control

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// checkPeer tells whether the process at the other end of a Unix socket runs as one of
// the users (unix(7), SO_PEERCRED: as it was when it connected or began to listen).
func checkPeer(conn net.Conn, users ...int) error {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("%v is no Unix socket", conn.RemoteAddr())
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	var asked error
	if err := raw.Control(func(fd uintptr) { peer, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return err
	}
	switch {
	case asked != nil:
		return fmt.Errorf("ask who is at the other end: %w", asked)
	case !slices.Contains(users, int(peer.Uid)):
		return fmt.Errorf("at the other end is a process of another user (uid %d)", peer.Uid)
	}
	return nil
}

// ownListener accepts connections of this user and of root only, whoever else gets
// hold of the socket.
type ownListener struct {
	net.Listener
	log *slog.Logger
}

// Accept implements net.Listener.
func (l ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		refused := checkPeer(conn, os.Getuid(), 0)
		if refused == nil {
			return conn, nil
		}
		l.log.Warn("a command was refused", "error", refused)
		conn.Close()
	}
}
