package control

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A directory that others can write to, a link, and what belongs to somebody else are
// trusted by neither side, and nothing is made where they lead.
func TestForeign(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	refuse := func(t *testing.T, says string) {
		t.Helper()
		if c, err := Open("one"); err == nil || errors.Is(err, ErrGone) || !strings.Contains(err.Error(), says) {
			t.Errorf("a client got %v, %v", c, err)
		}
		if ids, err := IDs(); err != nil || slices.Contains(ids, "one") {
			t.Errorf("ids %v, %v", ids, err)
		}
	}
	// prepared makes a runtime directory with a socket that somebody listens at.
	prepared := func(t *testing.T) (dir, socket string) {
		t.Helper()
		dir = filepath.Join(private(t), "beam")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		socket = filepath.Join(dir, "one.sock")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return dir, socket
	}
	t.Run("writable", func(t *testing.T) {
		for _, mode := range []os.FileMode{0o720, 0o702} {
			dir, _ := prepared(t)
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			refuse(t, "can be written to by others")
			if _, err := Serve("two", &fake{}, log); err == nil || !strings.Contains(err.Error(), "chmod go-w") {
				t.Errorf("%o: a recorder got %v", mode, err)
			}
		}
	})
	t.Run("link", func(t *testing.T) {
		dir, socket := prepared(t)
		if err := errors.Join(os.Rename(socket, socket+"-"), os.Symlink(socket+"-", socket)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open("one"); err == nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("a client got %v", err)
		}
		elsewhere := filepath.Join(t.TempDir(), "made")
		if err := os.Symlink(elsewhere, filepath.Join(dir, "two.sock.lock")); err != nil {
			t.Fatal(err)
		}
		if _, err := Serve("two", &fake{}, log); err == nil {
			t.Error("a recorder locks through a link")
		}
		if _, err := os.Lstat(elsewhere); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a file was made where a link leads: %v", err)
		}
	})
	t.Run("owner", func(t *testing.T) {
		if os.Getuid() != 0 {
			return // nobody else's files can be made
		}
		dir, socket := prepared(t)
		if err := os.Lchown(socket, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if _, err := Open("one"); err == nil || !strings.Contains(err.Error(), "one.sock belongs to another user (uid 65534)") {
			t.Errorf("a client got %v", err)
		}
		if err := os.Chown(dir, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		refuse(t, "belongs to another user (uid 65534)")
		if _, err := Serve("two", &fake{}, log); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
			t.Errorf("a recorder got %v", err)
		}
	})
	t.Run("peer", func(t *testing.T) {
		_, socket := prepared(t)
		conn, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := checkPeer(conn, os.Getuid()); err != nil {
			t.Error(err)
		}
		if err := checkPeer(conn, os.Getuid()+1); err == nil || !strings.Contains(err.Error(), "another user") {
			t.Errorf("a stranger: %v", err)
		}
	})
}
