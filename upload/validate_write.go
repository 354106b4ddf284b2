package upload

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"

	"beam/upload/s3"
)

// write does with a small object what a recording does with a large one.
func (v *validation) write(ctx context.Context, key string) {
	s := v.store
	up, ok := v.begin(ctx, key)
	if !ok {
		return
	}
	completed := false
	defer func() {
		if !completed {
			_ = s.Abort(ctx, key, up.id) // whatever failed has been noted
		}
	}()
	if ok := v.part(ctx, up); !ok {
		return
	}
	err := v.try(ctx, func() error {
		_, _, err := s.ListParts(ctx, key, up.id)
		return err
	})
	if err != nil {
		// The journal does instead, but only on the machine that recorded.
		v.fault("list-parts", "s3:ListMultipartUploadParts", err, s3.Status(err) == http.StatusForbidden || lacks(err))
	} else {
		v.ok("list-parts", "parts can be listed")
	}
	if v.want.NoObject {
		if err := v.try(ctx, func() error { return s.Abort(ctx, key, up.id) }); err != nil {
			v.fault("abort", "s3:AbortMultipartUpload", err, true)
		} else {
			v.ok("abort", "the upload was removed")
		}
		completed = true
		return
	}
	if completed = v.complete(ctx, up); !completed {
		return
	}
	v.overwrite(ctx, up)
	v.read(ctx, key, expect([]partSum{up.part}))
	v.abort(ctx, key)
	v.live(ctx, key)
	if err := s.Delete(ctx, key); err != nil {
		v.fault("delete", "s3:DeleteObject", err, true)
		last := &v.result.Checks[len(v.result.Checks)-1]
		last.Detail = objectURL(s, key) + " stays behind: " + last.Detail
	} else {
		v.ok("delete", "the object was deleted again")
	}
}

// lacks tells that a store does not know a request at all.
func lacks(err error) bool {
	return s3.Status(err) == http.StatusMethodNotAllowed || s3.Status(err) == http.StatusNotImplemented
}

// trial is what Validate puts into the bucket.
var trial = []byte("beam validate: this object can be deleted\n")

// trialUpload is the upload that Validate makes.
type trialUpload struct {
	key, id  string
	checksum string // how the store keeps it
	part     partSum
	plain    bool // completed without conditions, which the store refuses
}

func (up trialUpload) completion() s3.Completion {
	c := completion(up.key, up.id, up.checksum, []partSum{up.part})
	c.Plain = up.plain
	return c
}

// begin begins an upload with the checksum that the store takes.
func (v *validation) begin(ctx context.Context, key string) (up *trialUpload, ok bool) {
	up = &trialUpload{key: key}
	err := v.try(ctx, func() error {
		_, err := v.store.Checksums().Try(func(checksum string) (err error) {
			up.id, up.checksum, err = v.store.Create(ctx, key, "text/plain", map[string]string{metaID: "validate"}, checksum)
			return err
		})
		return err
	})
	if err != nil {
		v.fault("begin", "s3:PutObject", err, false)
		return nil, false
	}
	v.ok("begin", "an upload was begun")
	v.checksum()
	return up, true
}

// checksum tells what the store refuses of checksums.
func (v *validation) checksum() {
	switch {
	case v.store.Settings().NoChecksum:
	case v.store.Checksums().Best() == s3.ChecksumParts:
		v.add(Check{Name: "checksum", OK: true, Detail: "the store keeps CRC32C of the parts, not of the whole object"})
	case v.store.Checksums().Best() == s3.ChecksumNone:
		v.add(Check{Name: "checksum", OK: true, Warn: true, Detail: "the store refuses CRC32C checksums; ETags have to do"})
	}
}

// part sends the part. A store that refuses its checksum gets another upload
// without.
func (v *validation) part(ctx context.Context, up *trialUpload) (ok bool) {
	s := v.store
	for {
		sum := partSum{Number: 1, Size: int64(len(trial)), CRC: crc32.Checksum(trial, crcTable), MD5: md5.Sum(trial)}
		err := v.try(ctx, func() (err error) {
			sum.ETag, err = s.UploadPart(ctx, up.key, up.id, up.checksum, sum.sent(), io.NewSectionReader(bytes.NewReader(trial), 0, sum.Size))
			return err
		})
		if err == nil {
			up.part = sum
			v.ok("part", "a part was uploaded")
			return true
		}
		if failedWith(err, s3.KindUnsupported) && up.checksum != s3.ChecksumNone {
			_, _ = s.Checksums().Refused(up.checksum)
			_ = s.Abort(ctx, up.key, up.id) // the next one is tried whether this works or not
			again, ok := v.begin(ctx, up.key)
			if !ok {
				return false
			}
			*up = *again
			continue
		}
		v.fault("part", "s3:PutObject", err, false)
		return false
	}
}

// complete makes the object, with as many conditions and checksums as the store
// takes.
func (v *validation) complete(ctx context.Context, up *trialUpload) (ok bool) {
	complete := func() error {
		_, err := v.store.Complete(ctx, up.completion())
		return err
	}
	err := v.try(ctx, complete)
	if failedWith(err, s3.KindUnsupported) {
		v.cannotKeep()
		up.plain = true
		err = v.try(ctx, complete)
	}
	if failedWith(err, s3.KindUnsupported) && up.checksum != s3.ChecksumNone {
		v.add(Check{Name: "checksum", OK: true, Warn: true, Detail: "the store refuses CRC32C checksums when an upload is completed; ETags have to do"})
		up.checksum = s3.ChecksumNone
		err = v.try(ctx, complete)
	}
	if err != nil {
		v.fault("complete", "s3:PutObject", err, false)
		return false
	}
	v.ok("complete", "an object was made")
	return true
}

func (v *validation) cannotKeep() {
	v.add(Check{Name: "overwrite", OK: true, Warn: true, Detail: "the store can't refuse to replace an object (If-None-Match)",
		Hint: "use keys with {id} if several recorders share this prefix"})
}

// mostTries is how often a request of Validate is sent.
const mostTries = 3

// try repeats what a busy store or a skewed clock made fail; the attempt after
// that is signed by the server's clock.
func (v *validation) try(ctx context.Context, attempt func() error) error {
	for n := 0; ; n++ {
		err := attempt()
		var dns *net.DNSError
		again := failedWith(err, s3.KindSkew) ||
			failedWith(err, s3.KindRetry) && !errors.As(err, &dns) && !errors.Is(err, s3.ErrStalled) // that took long enough
		if !again || n+1 == mostTries {
			return err
		}
		if err := s3.Sleep(ctx, s3.Jitter(v.store.Settings().BackoffBase, v.store.Settings().BackoffCap, n)); err != nil {
			return err
		}
	}
}
