package upload

import (
	"context"
	"crypto/md5"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// localFile is a recording that is open for reading.
type localFile interface {
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// opener opens a recording.
type opener func(path string) (localFile, error)

func openLocal(path string) (localFile, error) { return os.Open(path) }

// openSection opens size bytes of the recording at offset. Each attempt opens
// the file by its name, because finishing may have replaced it.
func openSection(open opener, path string, offset, size int64) (*io.SectionReader, func(), error) {
	f, err := open(path)
	if err != nil {
		return nil, nil, &localError{err}
	}
	info, err := f.Stat()
	if err == nil && info.Size() < offset+size {
		err = fmt.Errorf("%s has %d bytes, not %d", path, info.Size(), offset+size)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, &localError{err}
	}
	return io.NewSectionReader(f, offset, size), func() { _ = f.Close() }, nil
}

// sum returns the checksums of a section and goes back to its start.
func sum(ctx context.Context, section *io.SectionReader, size int64) (crc uint32, digest [16]byte, err error) {
	c, m := crc32.New(crcTable), md5.New()
	n, err := io.Copy(io.MultiWriter(c, m), contextReader{ctx, section})
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = section.Seek(0, io.SeekStart)
	}
	if err != nil {
		if ctx.Err() != nil {
			return 0, digest, context.Cause(ctx)
		}
		return 0, digest, &localError{err}
	}
	copy(digest[:], m.Sum(nil))
	return c.Sum32(), digest, nil
}

// contextReader ends with its context. It lives for one call of sum only.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
