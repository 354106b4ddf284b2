package chrome

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// folders are the private folders of one browser. Their names are short
// because the path of a unix socket may have 107 bytes (unix(7)), and Chrome
// puts one into its temporary folder.
type folders struct {
	root    string // holds the others; removed with all of them
	profile string // --user-data-dir
	home    string // HOME and the XDG folders
	temp    string // TMPDIR
	run     string // XDG_RUNTIME_DIR
}

// socketTail is what Chrome appends to its temporary folder for the socket of
// its process singleton.
const socketTail = "/.org.chromium.Chromium.XXXXXX/SingletonSocket"

// makeFolders creates the private folders under dir.
func makeFolders(dir string) (folders, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return folders{}, err
	}
	var f folders
	for n := 0; ; n++ {
		f.root = filepath.Join(dir, fmt.Sprintf("c%d", n))
		if err = os.Mkdir(f.root, 0o700); err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return folders{}, err
		}
	}
	f.profile, f.home = filepath.Join(f.root, "p"), filepath.Join(f.root, "h")
	f.temp, f.run = filepath.Join(f.root, "t"), filepath.Join(f.root, "r")
	if n := len(f.temp) + len(socketTail); n > 107 {
		os.Remove(f.root)
		return folders{}, fmt.Errorf("path is too long for chrome's socket: %s", dir)
	}
	for _, d := range []string{f.profile, f.home, f.temp, f.run} {
		if err := os.Mkdir(d, 0o700); err != nil {
			os.RemoveAll(f.root)
			return folders{}, err
		}
	}
	return f, nil
}

// remove deletes the folders. A process that is just being killed can still
// add a file while the tree is walked, so it tries for a while.
func (f folders) remove() error {
	var err error
	for range 50 {
		if err = os.RemoveAll(f.root); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}
