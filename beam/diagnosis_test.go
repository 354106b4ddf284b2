package beam

import (
	"io/fs"
	"testing"
)

// A directory can be listed by whom its files can be read by, and added to by nobody.
func TestDirMode(t *testing.T) {
	for files, want := range map[fs.FileMode]fs.FileMode{0o600: 0o700, 0o640: 0o750, 0o644: 0o755, 0o666: 0o755, 0o660: 0o750} {
		if got := dirMode(files); got != want {
			t.Errorf("%v: %v, want %v", files, got, want)
		}
	}
}
