package upload

import (
	"context"
	"io"
	"os"

	"beam/upload/s3"
)

// Same tells whether the object at key is the file at path, by its size and its
// checksum. Where the store tells no checksum of the whole, it is not known to be.
// there tells whether there is any object. The error is one of reading the file; of
// an object that can't be looked at nothing is known.
func Same(ctx context.Context, b Bucket, key, path string) (same, there bool, err error) {
	info, err := b.Head(ctx, key)
	if err != nil {
		return false, false, nil //nolint:nilerr // see above
	}
	f, err := os.Open(path)
	if err != nil {
		return false, true, err
	}
	defer f.Close()
	local, err := f.Stat()
	if err != nil || local.Size() != info.Size {
		return false, true, err
	}
	crc, _, err := sum(ctx, io.NewSectionReader(f, 0, local.Size()), local.Size())
	if err != nil {
		return false, true, err
	}
	return info.CRC32C == s3.EncodeCRC(crc) || info.Google == s3.EncodeCRC(crc), true, nil
}
