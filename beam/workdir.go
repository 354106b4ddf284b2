package beam

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// workDir is the private directory of one recording: profile, sockets, cookies.
// Whoever holds the lock on its owner file is alive; a directory whose lock is
// free was left by a recorder that was killed.
type workDir struct {
	Path string
	lock *flock.Flock
}

const (
	workPrefix = "beam-"
	ownerFile  = "owner"
)

// newWorkDir makes a private directory below parent ("" for the system's
// temporary directory), and removes those of recorders that were killed.
func newWorkDir(parent string) (*workDir, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent)
	path, err := os.MkdirTemp(parent, workPrefix)
	if err != nil {
		return nil, fmt.Errorf("make a private directory: %w", err)
	}
	// Locked before it has its name: no sweep ever sees it free.
	making := filepath.Join(path, ownerFile+".new")
	lock := flock.New(making)
	free, err := lock.TryLock()
	if err == nil && !free {
		err = errors.New("somebody else has it")
	}
	if err == nil {
		err = os.Rename(making, filepath.Join(path, ownerFile))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the private directory: %w", err), os.RemoveAll(path))
	}
	return &workDir{Path: path, lock: lock}, nil
}

// sub makes a directory inside, with access for the owner only.
func (w *workDir) sub(name string) (string, error) {
	path := filepath.Join(w.Path, name)
	return path, os.MkdirAll(path, 0o700)
}

// remove removes the directory and all in it.
func (w *workDir) remove() error {
	return errors.Join(os.RemoveAll(w.Path), w.lock.Close())
}

// sweep removes the directories below parent that a killed recorder left. A directory
// without an owner file is not ours, or is being made right now.
func sweep(parent string) {
	owners, err := filepath.Glob(filepath.Join(parent, workPrefix+"*", ownerFile))
	if err != nil {
		return
	}
	for _, owner := range owners {
		// Not made where it is gone meanwhile: there is no owner then.
		lock := flock.New(owner, flock.SetFlag(os.O_RDWR))
		// Best effort: the next recording tries again.
		if free, err := lock.TryLock(); err == nil && free {
			_ = os.RemoveAll(filepath.Dir(owner))
		}
		lock.Close()
	}
}

// PrivateFolder makes a directory for whoever starts the programs of a recording
// outside of one, below parent ("" for the system's temporary directory). The next
// recording removes it where this process is killed; else remove does.
func PrivateFolder(parent string) (path string, remove func() error, err error) {
	w, err := newWorkDir(parent)
	if err != nil {
		return "", nil, err
	}
	return w.Path, w.remove, nil
}
