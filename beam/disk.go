package beam

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
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

// onDisk returns the size of a file in bytes, 0 where it can't be had.
func onDisk(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
