package storage

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/renameio/v2"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/vod"
	"beam/upload"
)

// CheckPresign checks how long playlists are to play from a private bucket; 0 is
// for none.
func (s Settings) CheckPresign(d time.Duration) error {
	switch {
	case d == 0:
		return nil
	case d < time.Minute || d > upload.LongestPresign:
		return fault.Refuse("give the bucket's readers another way in for longer", "--presign is %v; it can be from 1m to %v, the longest that a signature is good for", d, upload.LongestPresign)
	case s.Bucket == "":
		return fault.Refuse("give --bucket too", "--presign signs the addresses of objects, but there is no --bucket")
	}
	return nil
}

// PutPresigned puts playlists over the layers beside the object that anybody can play
// for the time d who has the one to open, which it writes beside the recording at
// output, readable by its owner only. It returns until when they play. The addresses
// are secrets: they go nowhere but into these files. The error is a fault.
func (o *Object) PutPresigned(ctx context.Context, layers []vod.Layer, output string, d time.Duration) (until time.Time, err error) {
	var failed error
	address := func(name string) string {
		signed, good, err := o.store.Presign(ctx, strings.TrimSuffix(o.key, o.Name())+name, d)
		if err != nil && failed == nil {
			failed = err
		}
		if until.IsZero() || good.Before(until) {
			until = good
		}
		return signed
	}
	files := vod.Playlists(layers, o.Name(), vod.Presigned, address)
	if failed != nil {
		return until, failed
	}
	if err := o.PutPlaylists(ctx, files); err != nil {
		return until, err
	}
	master := files[len(files)-1]
	beside := renameio.WithTempDir(filepath.Dir(output))
	if err := renameio.WriteFile(report.PresignedPath(output), master.Content, 0o600, beside, renameio.WithStaticPermissions(0o600)); err != nil {
		return until, &fault.Fault{Class: fault.ClassEncoder, Op: "write the playlist", Err: err}
	}
	return until, nil
}
