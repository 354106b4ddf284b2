package upload

import (
	"context"
	"slices"

	"beam/upload/s3"
)

// remnant is an upload of this recording that something else took the place of,
// and that the bucket may still have.
type remnant struct {
	store Bucket
	key   string
	id    string // "" for one that may have been begun, but whose id nobody learned
}

// remember keeps a remnant until the recording is confirmed. Only the run
// goroutine calls it.
func (u *Uploader) remember(r remnant) {
	if !slices.Contains(u.remnants, r) {
		u.remnants = append(u.remnants, r)
	}
}

// removeRemnants removes what is left but the upload keep. It is worth some attempts:
// the rest is for the lifecycle rule.
func (u *Uploader) removeRemnants(ctx context.Context, keep string) {
	for _, r := range u.remnants {
		short, cancel := context.WithTimeout(ctx, abandonLimit)
		if err := r.remove(short, u.config.ID, keep); err != nil {
			u.config.Log.Debug("an upload that was left could not be removed", "key", r.key, "error", err)
		}
		cancel()
	}
	u.remnants = nil
}

// remove removes the upload. One without an id is looked for among those of its
// key: it was made by this recording when its live object says so, and nobody
// misses one without a part, as its recorder, should there be one, begins anew.
func (r remnant) remove(ctx context.Context, recording, keep string) error {
	if r.id != "" {
		return abandonUpload(ctx, r.store, r.key, r.id)
	}
	var all []s3.Unfinished
	err := fewTimes(ctx, r.store, func() (err error) {
		all, err = r.store.ListUploads(ctx, r.key)
		return err
	})
	if err != nil {
		return err
	}
	for _, up := range all {
		if up.Key != r.key || up.ID == keep || !r.made(ctx, up.ID, recording) {
			continue
		}
		if err := abandonUpload(ctx, r.store, up.Key, up.ID); err != nil {
			return err
		}
	}
	return nil
}

// made tells whether an upload is one of the recording, or nobody misses it.
func (r remnant) made(ctx context.Context, id, recording string) bool {
	var live s3.ObjectInfo
	err := fewTimes(ctx, r.store, func() (err error) {
		live, err = r.store.Head(ctx, liveKey(r.key, id))
		return err
	})
	if err == nil {
		return live.Metadata[metaID] == recording
	}
	var parts []s3.Listed
	err = fewTimes(ctx, r.store, func() (err error) {
		parts, _, err = r.store.ListParts(ctx, r.key, id)
		return err
	})
	return err == nil && len(parts) == 0
}

// abandonUpload removes an upload and its live object from a bucket. A few attempts
// have to do: what stays is what a lifecycle rule for unfinished uploads is for.
func abandonUpload(ctx context.Context, b Bucket, key, id string) error {
	err := b.Abort(ctx, key, id)
	if failedWith(err, s3.KindVanished) {
		err = nil
	}
	if b.Settings().Heartbeat > 0 {
		if e := b.Delete(ctx, liveKey(key, id)); err == nil {
			err = e
		}
	}
	return err
}

// few is how often fewTimes tries.
const few = 4

// fewTimes repeats a request that can be done without while the store is busy or
// does not answer.
func fewTimes(ctx context.Context, b Bucket, request func() error) error {
	for n := 0; ; n++ {
		err := request()
		if !failedWith(err, s3.KindRetry) || ctx.Err() != nil || n+1 == few {
			return err
		}
		if err := s3.Sleep(ctx, s3.Jitter(b.Settings().BackoffBase, b.Settings().BackoffCap, n)); err != nil {
			return err
		}
	}
}
