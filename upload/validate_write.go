package upload

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"

	"beam/upload/s3"
)

// write does with a small object what a recording does with a large one.
func (v *validation) write(ctx context.Context, key string) {
	s := v.store
	id, checksum, ok := v.begin(ctx, key)
	if !ok {
		return
	}
	completed := false
	defer func() {
		if !completed {
			_ = s.Abort(ctx, key, id) // whatever failed has been noted
		}
	}()
	data := []byte("beam validate: this object can be deleted\n")
	part := partSum{Number: 1, Size: int64(len(data)), CRC: crc32.Checksum(data, crcTable)}
	err := v.try(ctx, func() (err error) {
		part.ETag, err = s.UploadPart(ctx, key, id, checksum, part.sent(), io.NewSectionReader(bytes.NewReader(data), 0, part.Size))
		return err
	})
	if err != nil {
		v.fault("part", "s3:PutObject", err, false)
		return
	}
	v.ok("part", "a part was uploaded")
	err = v.try(ctx, func() error {
		_, _, err := s.ListParts(ctx, key, id)
		return err
	})
	if err != nil {
		// The journal does instead, but only on the machine that recorded.
		v.fault("list-parts", "s3:ListMultipartUploadParts", err, s3.Status(err) == http.StatusForbidden)
	} else {
		v.ok("list-parts", "parts can be listed")
	}
	c := completion(key, id, checksum, []partSum{part})
	complete := func() error {
		_, err := s.Complete(ctx, c)
		return err
	}
	err = v.try(ctx, complete)
	if failedWith(err, s3.KindUnsupported) {
		v.add(Check{Name: "overwrite", OK: true, Warn: true, Detail: "the store can't refuse to replace an object (If-None-Match)",
			Hint: "use keys with {id} if several recorders share this prefix"})
		c.Plain = true
		err = v.try(ctx, complete)
	}
	if err != nil {
		v.fault("complete", "s3:PutObject", err, false)
		return
	}
	completed = true
	v.ok("complete", "an object was made")
	v.read(ctx, key, expect([]partSum{part}))
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

// try repeats what a busy store or a skewed clock made fail; the attempt after
// that is signed by the server's clock. An unreachable store is not tried again.
func (v *validation) try(ctx context.Context, attempt func() error) error {
	for n := 0; ; n++ {
		err := attempt()
		again := failedWith(err, s3.KindSkew) || failedWith(err, s3.KindRetry) && s3.Status(err) != 0
		if !again || n+1 == refusals {
			return err
		}
		if err := s3.Sleep(ctx, s3.Jitter(v.store.Settings().BackoffBase, v.store.Settings().BackoffCap, n)); err != nil {
			return err
		}
	}
}

func (v *validation) begin(ctx context.Context, key string) (id, checksum string, ok bool) {
	wanted := s3.ChecksumFull
	if v.store.Settings().NoChecksum {
		wanted = s3.ChecksumNone
	}
	err := v.try(ctx, func() (err error) {
		id, checksum, err = v.store.Create(ctx, key, "text/plain", map[string]string{metaID: "validate"}, wanted)
		return err
	})
	if failedWith(err, s3.KindUnsupported) && !v.store.Settings().NoChecksum {
		plain, kept, plainErr := v.store.Create(ctx, key, "text/plain", nil, s3.ChecksumNone)
		if plainErr == nil {
			v.add(Check{Name: "checksum", OK: true, Warn: true, Detail: "the store refuses CRC32C checksums; ETags have to do"})
			v.ok("begin", "an upload was begun")
			return plain, kept, true
		}
	}
	if err != nil {
		v.fault("begin", "s3:PutObject", err, false)
		return "", "", false
	}
	v.ok("begin", "an upload was begun")
	return id, checksum, true
}

// read confirms the object as a recording would be. Without the permission the
// store's own answer to completing has to do.
func (v *validation) read(ctx context.Context, key string, want expectation) {
	info, err := v.store.Head(ctx, key)
	if err != nil {
		v.fault("read", "s3:GetObject", err, s3.Status(err) == http.StatusForbidden && !v.want.Read)
		return
	}
	by, err := want.check(info)
	if errors.Is(err, errUncertain) {
		v.add(Check{Name: "read", Detail: errUncertain.Error(), Hint: "recordings can't be confirmed at this store"})
		return
	}
	if err != nil {
		v.add(Check{Name: "read", Detail: err.Error()})
		return
	}
	v.ok("read", "size and %s were confirmed", by)
}

// abort tries what a discarded recording does.
func (v *validation) abort(ctx context.Context, key string) {
	key += ".abort"
	id, _, err := v.store.Create(ctx, key, "text/plain", nil, s3.ChecksumNone)
	if err == nil {
		err = v.store.Abort(ctx, key, id)
	}
	if err != nil {
		v.fault("abort", "s3:AbortMultipartUpload", err, true)
		return
	}
	v.ok("abort", "an upload was removed")
}

// live tries what the heartbeat does.
func (v *validation) live(ctx context.Context, key string) {
	if v.store.Settings().Heartbeat < 0 {
		return
	}
	err := putLive(ctx, v.store, key, key, Live{ID: "validate"})
	if err != nil {
		v.fault("live", "s3:PutObject", err, true)
		return
	}
	if err := v.store.Delete(ctx, liveKey(key, key)); err != nil {
		v.fault("live", "s3:DeleteObject on *"+liveSuffix, err, true)
		return
	}
	v.ok("live", "the live object was written and deleted")
}
