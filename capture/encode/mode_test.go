package encode

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The file has the mode that was asked for, whatever the umask and whatever a file
// had that it takes the place of. This changes the umask of the process, so it is not
// parallel.
func TestOutputMode(t *testing.T) {
	defer unix.Umask(unix.Umask(0o077))
	path := filepath.Join(t.TempDir(), "rec.mp4")
	for _, mode := range []fs.FileMode{0o644, 0o600, 0o640} {
		o, err := CreateOutput(path, mode, time.Minute, 30, false)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v, %v; want %v", info.Mode(), err, mode)
		}
		if err := o.file.Close(); err != nil { // not removed: the next one overwrites it
			t.Fatal(err)
		}
	}
}
