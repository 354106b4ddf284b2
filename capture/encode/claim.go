package encode

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"beam/capture/ffmpeg"
	"beam/capture/mp4"
)

// Claim is the right to write a file: it is open and locked, so that no other
// recorder takes the name while the room is being joined, and what was in it is
// still there. Create or Release ends it.
type Claim struct {
	path string
	file *os.File
}

// ClaimOutput opens and locks a file, and makes it where there is none. The error
// is ErrLocked when a living recorder has it.
func ClaimOutput(path string) (*Claim, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := Lock(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if there(path, file) {
			return &Claim{path: path, file: file}, nil
		}
		// Whoever had it removed it meanwhile: the lock is on a file without a name.
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
}

// there tells whether a path still names an open file.
func there(path string, file *os.File) bool {
	named, err := os.Stat(path)
	if err != nil {
		return false
	}
	open, err := file.Stat()
	return err == nil && os.SameFile(named, open)
}

// Release gives the file up as it was; an empty one is removed.
func (c *Claim) Release() error {
	if info, err := c.file.Stat(); err == nil && info.Size() == 0 && there(c.path, c.file) {
		// Before the lock goes: afterwards it may be somebody else's.
		if err := os.Remove(c.path); err != nil {
			return errors.Join(err, c.file.Close())
		}
	}
	return c.file.Close()
}

// Create empties the file and begins to write it, readable by whom the mode says, with
// room for the index of a recording of the given length and rate. With playlist it
// keeps its fragments, however short it is, so that a playlist can name them. The claim
// is the output's from then on.
func (c *Claim) Create(mode fs.FileMode, length time.Duration, fps int, playlist bool) (*Output, error) {
	if err := c.file.Truncate(0); err != nil {
		return nil, err
	}
	// Whatever the umask takes away, and whatever a file had that is overwritten. Where
	// modes can't be changed (vfat, files of others) the recording is made all the same.
	_ = c.file.Chmod(mode)
	o := &Output{path: c.path, file: c.file, Grown: func(int64) {}, whole: playlist}
	origin := ffmpeg.Origin
	options := mp4.Options{
		Reserve: mp4.ReserveFor(length, fps), Timing: mp4.TimingAbsolute, Origin: &origin,
		Fragment:  func(mp4.Fragment) { o.Grown(o.writer.Progress().Safe) },
		SyncEvery: syncEvery, Playlist: playlist,
	}
	o.Head = options.HeadLimit()
	var err error
	o.writer, err = mp4.NewWriter(c.file, options)
	return o, err
}
