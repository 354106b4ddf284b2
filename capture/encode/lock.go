package encode

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrLocked means that a living recorder writes the file.
var ErrLocked = errors.New("it is being recorded or recovered right now")

// Lock takes the lock that a recorder holds on its file. The kernel drops
// it when the file is closed or the process dies.
func Lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return nil
}
