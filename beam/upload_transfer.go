package beam

import (
	"context"
	"log/slog"
	"time"

	"beam/upload"
)

// transfer is the upload of one recording, from its first byte on. The methods
// of a nil transfer do nothing: without a bucket there is none.
type transfer struct {
	storage  *storage
	uploader *upload.Uploader
	hold     int64 // bytes; below it nothing is sent
	news     uploadNews
}

// playableMargin is how much must follow the head before the first parts are
// sent, bytes: a whole fragment of half a second at the highest rate, so that
// what is completed from the bucket alone has something to play.
const playableMargin = 512 << 10

// startTransfer begins the upload of the file at path, whose first head bytes
// may be written anew at the end. Nothing is sent before the first advance.
func (o *storage) startTransfer(ctx context.Context, s Settings, head int64, start time.Time, log *slog.Logger) (*transfer, error) {
	if o == nil {
		return nil, nil
	}
	id := upload.NewID()
	places, err := o.places(keyVars(s.Room, s.Output, id, start))
	if err != nil {
		return nil, err
	}
	uploader, err := upload.Start(ctx, upload.Config{
		File: s.Output, Places: places, ID: id, HeadSize: head, ContentType: contentType(s.Output),
		Metadata: objectMetadata(s.Version), GiveUpAfter: o.Timeout, Log: log,
	})
	if err != nil {
		return nil, err
	}
	plan := upload.Plan{Size: o.stores[0].Options.PartSize}
	return &transfer{storage: o, uploader: uploader, hold: holdUntil(plan, head)}, nil
}

// objectMetadata is what an object says of itself.
func objectMetadata(version string) map[string]string {
	return map[string]string{"beam-version": version}
}

// holdUntil returns how large the file has to be before anything is sent: as
// large as the parts that hold the head and something to play. Parts with
// nothing but the head would save nothing, and what has not been touched can
// still be made compact.
func holdUntil(plan upload.Plan, head int64) int64 {
	n := int32(1)
	for plan.Offset(n+1) < head+playableMargin {
		n++
	}
	return plan.Offset(n + 1)
}

// advance tells that the first size bytes of the file are on disk and stay.
func (t *transfer) advance(size int64) {
	if t != nil && size >= t.hold {
		t.uploader.Advance(size)
	}
}

// untouched tells whether the file may still be written anew.
func (t *transfer) untouched() bool { return t == nil || t.uploader.Untouched() }

// progress returns how the upload stands, nil without one.
func (t *transfer) progress() *UploadProgress {
	if t == nil {
		return nil
	}
	return uploadProgress(t.uploader.Progress(), time.Now())
}

// close ends the upload, if it still runs, and leaves its journal.
func (t *transfer) close(log *slog.Logger) {
	if t == nil {
		return
	}
	if err := t.uploader.Close(); err != nil {
		log.Warn("upload journal not closed", "error", err)
	}
}

// discard ends the upload of a recording with nothing in it, and removes what
// it left.
func (t *transfer) discard(ctx context.Context, log *slog.Logger) {
	if t == nil {
		return
	}
	if err := t.uploader.Discard(ctx); err != nil {
		log.Warn("upload not removed", "error", err)
	}
}
