package mp4

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// room makes n bytes at off, zeros, that the disk has given already, so that it
// can't be found full when the index comes.
func (o *output) room(off, n int64) error {
	switch err := allocate(o.f, off, n); {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return err
	}
	// Not every file system can do it (fallocate(2)).
	return o.zeros(off, n)
}

// allocate asks the file system for the blocks without writing them.
func allocate(f File, off, n int64) error {
	file, ok := f.(syscall.Conn)
	if !ok {
		return errors.ErrUnsupported
	}
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	failed := conn.Control(func(fd uintptr) {
		for {
			if err = unix.Fallocate(int(fd), 0, off, n); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	})
	return errors.Join(failed, err)
}

// zeros writes n zero bytes at off.
func (o *output) zeros(off, n int64) error {
	buf := make([]byte, min(n, 256<<10))
	for n > 0 {
		part := buf[:min(n, int64(len(buf)))]
		if err := o.writeAt(part, off); err != nil {
			return err
		}
		off += int64(len(part))
		n -= int64(len(part))
	}
	return nil
}
