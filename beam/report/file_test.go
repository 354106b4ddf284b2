package report

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A report is its owner's unless more was asked for, whatever the umask, and holds no
// secret. This changes the umask of the process, so it is not parallel.
func TestWrite(t *testing.T) {
	defer unix.Umask(unix.Umask(0))
	path := filepath.Join(t.TempDir(), "rec.json")
	for given, want := range map[fs.FileMode]fs.FileMode{0: 0o600, 0o644: 0o644, 0o640: 0o640} {
		r := &Report{Output: "rec.mp4", StopReason: "asked", Notices: []string{"with " + planted}, Secrets: NewSecrets(planted), Mode: given}
		if err := r.Write(path); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%v, %v; want %v", info.Mode(), err, want)
		}
		if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "Zq7") || !strings.Contains(string(text), "with (secret)") {
			t.Errorf("%v: %s", err, text)
		}
	}
}
