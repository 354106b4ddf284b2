package vod

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// partialSuffix ends the name of a zip that is being written.
const partialSuffix = ".partial"

// Zip puts files into one zip at path, under their own names, as they are: media does
// not get smaller. It is written under another name and renamed when it is whole.
func Zip(ctx context.Context, path string, files []string) (err error) {
	f, err := os.Create(path + partialSuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err == nil {
			err = os.Rename(f.Name(), path)
		}
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := zip.NewWriter(f)
	for _, file := range files {
		if err := add(ctx, w, file); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Sync()
}

// add adds a file. What is larger than 4 GiB is in the form of ZIP64, as a part of
// the format's description says it (APPNOTE 4.5.3).
func add(ctx context.Context, w *zip.Writer, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	to, err := w.CreateHeader(&zip.FileHeader{Name: filepath.Base(file), Method: zip.Store, Modified: info.ModTime().Truncate(time.Second)})
	if err != nil {
		return err
	}
	_, err = io.Copy(to, reader{ctx, f})
	return err
}

// reader ends with its context. It lives for one copy only.
type reader struct {
	ctx context.Context //nolint:containedctx // see above
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
