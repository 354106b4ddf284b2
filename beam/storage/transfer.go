package storage

import (
	"context"
	"log/slog"
	"time"

	"beam/upload"
)

// Transfer is the upload of one recording, from its first byte on. The methods
// of a nil transfer do nothing: without a bucket there is none.
type Transfer struct {
	storage  *Storage
	uploader *upload.Uploader
	hold     int64 // bytes; below it nothing is sent at first
	began    time.Time
	news     news

	// Later says that more is to be made of the local file: it must stay until
	// Settle is called again without it.
	Later bool

	store *upload.Store // that holds the object, once it is there
	key   string        // of the object, once it is there
}

// playableMargin is how much must follow the head before the first parts are
// sent, bytes: a whole fragment of half a second at the highest rate, so that
// what is completed from the bucket alone has something to play.
const playableMargin = 512 << 10

// File is a recording on the disk.
type File struct {
	Path    string
	Room    string // URL
	Version string // of Beam
	// Name is what the recording is called (its id), and Part which part of it the
	// file is, from 1 on: a recorder that takes the place of this one asks for it.
	Name string
	Part int
}

// Start begins the upload of a file, whose first head bytes may be written
// anew at the end. Nothing is sent before the first advance.
func (o *Storage) Start(ctx context.Context, f File, head int64, start time.Time, log *slog.Logger) (*Transfer, error) {
	if o == nil {
		return nil, nil
	}
	id := upload.NewID()
	places, err := o.places(keyVars(f.Room, f.Path, id, start), f.Part)
	if err != nil {
		return nil, err
	}
	uploader, err := upload.Start(ctx, upload.Config{
		File: f.Path, Places: places, ID: id, Recording: f.Name, Part: f.Part, HeadSize: head, ContentType: contentType(f.Path),
		Metadata: objectMetadata(f.Version), GiveUpAfter: o.Timeout, Log: log,
	})
	if err != nil {
		return nil, err
	}
	plan := upload.Plan{Size: o.stores[0].Options.PartSize}
	return &Transfer{storage: o, uploader: uploader, hold: holdUntil(plan, head), began: time.Now()}, nil
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

// mostHeld is how long nothing is sent at most: a recording of little audio alone
// fills the first part only after many minutes, and all of that would be lost with
// its disk. What is shorter can still be made compact.
const mostHeld = 45 * time.Second

// Advance tells that the first size bytes of the file are on disk and stay.
func (t *Transfer) Advance(size int64) {
	if t != nil && (size >= t.hold || time.Since(t.began) >= mostHeld) {
		t.uploader.Advance(size)
	}
}

// Untouched tells whether the file may still be written anew.
func (t *Transfer) Untouched() bool { return t == nil || t.uploader.Untouched() }

// Progress returns how the upload stands, nil without one.
func (t *Transfer) Progress() *Progress {
	if t == nil {
		return nil
	}
	return progressOf(t.uploader.Progress(), time.Now())
}

// Notice returns what the user has to be told of the progress p, "" for nothing.
func (t *Transfer) Notice(p *Progress) string { return t.news.tell(p) }

// Close ends the upload, if it still runs, and leaves its journal.
func (t *Transfer) Close(log *slog.Logger) {
	if t == nil {
		return
	}
	if err := t.uploader.Close(); err != nil {
		log.Warn("upload journal not closed", "error", err)
	}
}

// Discard ends the upload of a recording with nothing in it, and removes what
// it left.
func (t *Transfer) Discard(ctx context.Context, log *slog.Logger) {
	if t == nil {
		return
	}
	if err := t.uploader.Discard(ctx); err != nil {
		log.Warn("upload not removed", "error", err)
	}
}
