package upload

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"beam/upload/s3"
)

// RecoverFileConfig says how to finish an upload after a crash. Everything but
// Log may be left empty when there is a journal.
type RecoverFileConfig struct {
	// Options replace those of the journal, for example after a certificate
	// file has moved. Its PartSize and NoChecksum are ignored: they belong to the
	// upload that was begun.
	Options *Options
	// Place is where the file goes when it has no journal.
	Place       *Place
	ContentType string
	Metadata    map[string]string
	GiveUpAfter time.Duration // see Config
	OnProgress  func(Progress)
	Log         *slog.Logger
}

// RecoverFile uploads the rest of a recording whose recorder is gone. The file
// must not change any more; if it is to be repaired, that comes first. What the bucket
// has already is compared with the file, part by part, and only what is missing
// or differs is sent. It is safe to repeat. The errors are those of Finish, and an
// *Error of ClassUsage when the recorder still runs, or when there is neither a
// journal nor a Place.
func RecoverFile(ctx context.Context, path string, config RecoverFileConfig) (Result, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Result{}, &Error{Class: ClassUsage, Op: "recover", Err: err}
	}
	j, st, err := openJournal(JournalPath(path))
	switch {
	case errors.Is(err, os.ErrNotExist) && config.Place == nil:
		return Result{}, s3.Usagef("say where it goes: --bucket s3://BUCKET/PREFIX", "%s has no upload journal", path)
	case errors.Is(err, os.ErrNotExist):
		return recoverNew(ctx, path, info.Size(), config)
	case err != nil:
		var e *Error
		if errors.As(err, &e) {
			return Result{}, e
		}
		return Result{}, &Error{Class: ClassUsage, Op: "read the upload journal", Err: err, Hint: "move the journal away, and give --bucket"}
	}
	options := st.Options
	if config.Options != nil {
		options = *config.Options
	}
	if st.Upload != "" {
		// Parts of another size would not fit those in the bucket.
		options.PartSize, options.NoChecksum = st.Plan.Size, st.Checksum == s3.ChecksumNone
	}
	store, err := Open(ctx, st.Target, options, config.Log)
	if err != nil {
		return Result{}, errors.Join(err, j.close())
	}
	defer store.Close()
	metadata := st.Metadata
	if config.Metadata != nil {
		metadata = config.Metadata
	}
	u := newUploader(Config{
		File: path, Places: []Place{{Store: store, Key: st.Key}}, ID: st.ID, ContentType: config.ContentType, Metadata: metadata,
		GiveUpAfter: config.GiveUpAfter, OnProgress: config.OnProgress, Log: config.Log,
	}, j)
	s := u.newSession(0)
	if st.Upload != "" {
		s.id, s.resumed = st.Upload, &st
	}
	others := u.leftBehind(ctx, store, st, config.Log)
	defer func() {
		for _, other := range others {
			other.Close()
		}
	}()
	u.known, u.final = info.Size(), true
	u.start(ctx, s)
	result, err := u.Finish(ctx, info.Size())
	return result, errors.Join(err, u.Close())
}

// leftBehind remembers what the recorder that is gone may have left in the bucket
// beside the upload that goes on, and in others, whose stores it returns.
func (u *Uploader) leftBehind(ctx context.Context, store *Store, st journalState, log *slog.Logger) (others []*Store) {
	u.remember(remnant{store, st.Key, ""})
	for _, b := range st.left() {
		at := store
		if i := slices.IndexFunc(others, func(o *Store) bool { return o.Target == b.Target }); i >= 0 {
			at = others[i]
		} else if b.Target != store.Target {
			other, err := Open(ctx, b.Target, b.Options, log)
			if err != nil {
				log.Warn("an upload to another bucket could not be removed", "bucket", b.Target.Bucket, "error", err)
				continue
			}
			others, at = append(others, other), other
		}
		if b.Upload != "" {
			u.remember(remnant{at, b.Key, b.Upload})
		}
		u.remember(remnant{at, b.Key, ""})
	}
	return others
}

// recoverNew uploads a file that has no journal.
func recoverNew(ctx context.Context, path string, size int64, config RecoverFileConfig) (Result, error) {
	u, err := Start(ctx, Config{
		File: path, Places: []Place{*config.Place}, ContentType: config.ContentType, Metadata: config.Metadata,
		GiveUpAfter: config.GiveUpAfter, OnProgress: config.OnProgress, Log: config.Log,
	})
	if err != nil {
		return Result{}, err
	}
	result, err := u.Finish(ctx, size)
	return result, errors.Join(err, u.Close())
}
