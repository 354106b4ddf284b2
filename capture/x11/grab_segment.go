package x11

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// segment is System V shared memory, which the X server writes pictures into.
type segment struct {
	id  int
	mem []byte
}

func newSegment(size int) (*segment, error) {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil, fmt.Errorf("get %d bytes of shared memory: %w", size, err)
	}
	s := &segment{id: id}
	if s.mem, err = unix.SysvShmAttach(id, 0, 0); err != nil {
		s.mark()
		return nil, fmt.Errorf("attach shared memory: %w", err)
	}
	return s, nil
}

// mark has the kernel remove the segment with the last process that is attached
// to it, however that one ends. On Linux nobody can rely on attaching after it.
func (s *segment) mark() {
	_, _ = unix.SysvShmCtl(s.id, unix.IPC_RMID, nil) // it is ours and exists
}

// detach ends the use of mem, which must not be touched any more.
func (s *segment) detach() error {
	if s.mem == nil {
		return nil
	}
	err := unix.SysvShmDetach(s.mem)
	s.mem = nil
	return err
}
