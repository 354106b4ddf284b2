package x11

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// socketFolder is where every X server on Linux has its socket; clients know no
// other place.
const socketFolder = "/tmp/.X11-unix"

// checkFolder returns an error when Xvfb couldn't put its socket into folder.
// It would not say so itself: told to choose a display number, it tries one
// after the other for ever. A missing folder is made, open to all, as X makes
// it; a server that isn't root's would go without a socket.
func checkFolder(folder string) error {
	err := os.Mkdir(folder, 0o777)
	switch {
	case err == nil:
		return os.Chmod(folder, 0o777|fs.ModeSticky) // Mkdir follows the umask
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if err := unix.Faccessat(unix.AT_FDCWD, folder, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
		return fmt.Errorf("write to %s: %w", folder, err)
	}
	return nil
}

// leftover is a file that Xvfb makes and removes, unless it is killed.
type leftover struct {
	path string
	info os.FileInfo // as it was while Xvfb ran
}

// leftovers returns the files of the server with this number and process id
// that exist.
func leftovers(number, pid int) []leftover {
	var found []leftover
	note := func(path string) {
		if info, err := os.Lstat(path); err == nil {
			found = append(found, leftover{path, info})
		}
	}
	note(filepath.Join(socketFolder, "X"+strconv.Itoa(number)))
	// Most versions make no lock when they choose the number themselves.
	lock := fmt.Sprintf("/tmp/.X%d-lock", number)
	if text, err := os.ReadFile(lock); err == nil && lockedBy(text) == pid {
		note(lock)
	}
	return found
}

// lockedBy returns the process id in a lock file, or 0: ten characters, padded
// with spaces, and a newline.
func lockedBy(text []byte) int {
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// remove removes the file, unless it is another one by now: the number may have
// been taken by another server, which then made its own.
func (l leftover) remove() {
	info, err := os.Lstat(l.path)
	if err == nil && os.SameFile(info, l.info) && info.ModTime().Equal(l.info.ModTime()) {
		_ = os.Remove(l.path) // whoever starts next removes it otherwise
	}
}
