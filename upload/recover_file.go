package upload

import (
	"context"
	"errors"
	"log/slog"
	"os"
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
	u.known, u.final = info.Size(), true
	u.start(ctx, s)
	result, err := u.Finish(ctx, info.Size())
	return result, errors.Join(err, u.Close())
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
