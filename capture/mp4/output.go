package mp4

import (
	"fmt"
	"io"
)

// File is what a recording is written into; *os.File is one. It must not have
// been opened for appending.
type File interface {
	io.WriterAt
	Truncate(size int64) error
	Sync() error
}

// output wraps the errors of a File.
type output struct{ f File }

func (o *output) writeAt(p []byte, off int64) error {
	if _, err := o.f.WriteAt(p, off); err != nil {
		return fmt.Errorf("write at byte %d: %w", off, err)
	}
	return nil
}

func (o *output) sync() error {
	if err := o.f.Sync(); err != nil {
		return fmt.Errorf("flush to disk: %w", err)
	}
	return nil
}

func (o *output) truncate(size int64) error {
	if err := o.f.Truncate(size); err != nil {
		return fmt.Errorf("truncate to %d bytes: %w", size, err)
	}
	return nil
}
