package beam

import (
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"beam/capture"
)

// minFree is how much space has to stay free on the disk of the output, in
// bytes: what the end of the recording still writes fits in it.
const minFree = 32 << 20

// freeSpace returns the bytes that may still be written where path is.
func freeSpace(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// clockWatch sees the wall clock being set. Where ffmpeg grabs a display, the
// pictures carry the wall clock's time, so that shows in the recording.
type clockWatch struct {
	offset time.Duration // of the wall clock to the monotonic one
	known  bool
}

// smallestStep is the smallest change that counts as the clock being set:
// reading the two clocks one after the other takes far less.
const smallestStep = 10 * time.Millisecond

// look returns by how much the clock was set since the last call, 0 for not at
// all.
func (c *clockWatch) look() time.Duration {
	now := capture.Now()
	offset := time.Duration(wallClock(now).UnixNano() - int64(now))
	step := offset - c.offset
	was := c.known
	c.offset, c.known = offset, true
	if !was || (step < smallestStep && step > -smallestStep) {
		return 0
	}
	return step
}
