package upload

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"beam/upload/s3"
)

// overwrite tries to replace the object, which the store is to refuse: some take
// the condition and do as they like.
func (v *validation) overwrite(ctx context.Context, up *trialUpload) {
	if up.plain {
		return
	}
	s := v.store
	again := *up
	var err error
	again.id, again.checksum, err = s.Create(ctx, up.key, "text/plain", map[string]string{metaID: "validate"}, up.checksum)
	if err != nil {
		return // the same request worked before: nothing is learnt
	}
	defer func() { _ = s.Abort(ctx, again.key, again.id) }() // it is gone where it was completed
	part := up.part
	if part.ETag, err = s.UploadPart(ctx, again.key, again.id, again.checksum, part.sent(), io.NewSectionReader(bytes.NewReader(trial), 0, part.Size)); err != nil {
		return
	}
	again.part = part
	if _, err = s.Complete(ctx, again.completion()); err == nil {
		v.cannotKeep()
		return
	}
	if failedWith(err, s3.KindTaken) {
		v.ok("overwrite", "an object is not replaced")
	}
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
		v.add(Check{Name: "read", OK: true, Warn: true, Detail: errUncertain.Error() + "; recordings are confirmed by their size, and kept on disk"})
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
