package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beam/upload/s3"
)

// maxRestarts bounds how often a finished file is begun anew.
const maxRestarts = 8

// run takes the file to the end through as many sessions as that needs: an
// upload that vanished is begun anew from the file on disk, a key that somebody
// else has taken is left for another, and a bucket that refuses for good is
// left for its backup.
func (u *Uploader) run(ctx context.Context, s *session) (Result, error) {
	for restarts, spoilt := 0, 0; ; {
		_, final := u.extent()
		result, err := s.run(ctx)
		switch {
		case err == nil:
			u.tidy(ctx, s)
			return result, nil
		case ctx.Err() != nil:
			return Result{}, u.failure(s, context.Cause(ctx))
		case failedWith(err, s3.KindVanished), failedWith(err, s3.KindTaken):
			if errors.Is(err, errMismatch) {
				spoilt++ // each attempt leaves an object that is wrong
			}
			if restarts++; restarts > maxRestarts && final || spoilt > 1 {
				return Result{}, u.failure(s, err)
			}
			if s, err = u.restart(ctx, s, err, restarts); err != nil {
				return Result{}, u.failure(s, err)
			}
		case failedWith(err, s3.KindLocal), errors.Is(err, errGaveUp), errors.Is(err, errUncertain):
			return Result{}, u.failure(s, err)
		case s.place+1 < len(u.config.Places):
			if s, err = u.fallBack(ctx, s, err); err != nil {
				return Result{}, u.failure(s, err)
			}
		case final:
			return Result{}, u.failure(s, err)
		default:
			if err := u.waitRefused(ctx, s, err); err != nil {
				return Result{}, u.failure(s, err)
			}
		}
	}
}

// tidy removes what only an unfinished upload needs.
func (u *Uploader) tidy(ctx context.Context, s *session) {
	s.endLive(ctx)
	if err := u.journal.remove(); err != nil {
		u.config.Log.Warn("the upload journal could not be removed", "err", err)
	}
}

// restart begins a new upload, after a pause. On an error the old session is
// returned.
func (u *Uploader) restart(ctx context.Context, s *session, cause error, n int) (*session, error) {
	next := u.newSession(s.place)
	next.key = s.key
	if failedWith(cause, s3.KindTaken) {
		next.key = otherKey(u.config.Places[s.place].Key, u.config.ID)
		if next.key == s.key {
			next.key = otherKey(u.config.Places[s.place].Key, NewID())
		}
	}
	u.config.Log.Warn("the upload is begun anew from the file", "cause", cause, "key", next.key)
	options := s.store.Settings()
	if err := s3.Sleep(ctx, s3.Jitter(options.BackoffBase, options.BackoffCap, n)); err != nil {
		return s, err
	}
	if err := s.abandon(ctx); err != nil {
		u.config.Log.Debug("the old upload could not be removed", "err", err)
	}
	u.use(next)
	return next, nil
}

// fallBack goes on with the next bucket. On an error the old session is
// returned.
func (u *Uploader) fallBack(ctx context.Context, s *session, cause error) (*session, error) {
	next := u.newSession(s.place + 1)
	u.config.Log.Error("the bucket refuses the recording; the backup bucket takes it",
		"bucket", s.store.At().Bucket, "backup", next.store.At().Bucket, "cause", cause, "hint", s.store.Diagnose(cause).Hint)
	if err := s.abandon(ctx); err != nil {
		u.config.Log.Debug("the old upload could not be removed", "err", err)
	}
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	u.note(next.targetEntry())
	u.use(next)
	return next, nil
}

// waitRefused waits while the bucket refuses and the file still grows: somebody
// may put the bucket right before the end.
func (u *Uploader) waitRefused(ctx context.Context, s *session, cause error) error {
	u.mu.Lock()
	first := u.shown.State != StateRefused
	u.mu.Unlock()
	if first {
		u.config.Log.Error("the bucket refuses the recording; it is kept on disk, and tried again now and then",
			"bucket", s.store.At().Bucket, "cause", cause, "hint", s.store.Diagnose(cause).Hint)
		u.show(func(p *Progress) { p.State, p.Since = StateRefused, time.Now() })
	}
	timer := time.NewTimer(s.store.Settings().BackoffCap)
	defer timer.Stop()
	for {
		if _, final := u.extent(); final {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
			return nil
		case <-u.wake:
		}
	}
}

// use makes a session the one in use. Only the run goroutine calls it.
func (u *Uploader) use(s *session) {
	u.last = s
	u.show(func(p *Progress) {
		p.State, p.Uploaded, p.Parts = StateUploading, 0, 0
		p.URL, p.Backup = objectURL(s.store, s.key), s.place > 0
	})
}

// note writes to the journal. Without it the upload goes on: it matters more.
func (u *Uploader) note(e entry) {
	if err := u.journal.add(e); err != nil {
		u.config.Log.Warn("the upload journal could not be written", "err", err)
	}
}

// failure makes the error that Finish returns.
func (u *Uploader) failure(s *session, err error) error {
	hint := fmt.Sprintf("the recording is kept in %s; upload it later with: beam recover %s", u.config.File, u.config.File)
	if found := s.store.Diagnose(err); found.Hint != "" {
		hint = found.Hint + "; " + hint
	}
	return &Error{Class: ClassUpload, Op: "upload to " + objectURL(s.store, s.key), Err: err, Hint: hint}
}
