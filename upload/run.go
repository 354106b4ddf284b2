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
// else has taken is left for another, and a bucket that refuses, or does not
// answer for long, is left for its backup, and that for it.
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
		case errors.Is(err, errLowered):
			s = u.begunAnew(ctx, s)
		case failedWith(err, s3.KindLocal), errors.Is(err, errGaveUp):
			return Result{}, u.failure(s, err)
		case len(u.config.Places) > 1:
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
	for _, other := range u.others {
		// Kept until here: nobody knew which place would be the one.
		short, cancel := context.WithTimeout(ctx, abandonLimit)
		if err := other.abandon(short); err != nil {
			u.config.Log.Warn("the upload to the other bucket could not be removed: a lifecycle rule for unfinished uploads removes it",
				"bucket", other.store.At().Bucket, "error", err)
		}
		cancel()
	}
	u.removeRemnants(ctx, s.id)
	if err := u.journal.remove(); err != nil {
		u.config.Log.Warn("the upload journal could not be removed", "error", err)
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
	u.forsake(ctx, s)
	u.use(next)
	return next, nil
}

// abandonLimit is how long removing an upload from a bucket that is not used
// may take.
const abandonLimit = 10 * time.Second

// begunAnew begins the upload again, without the checksum that the store refused.
func (u *Uploader) begunAnew(ctx context.Context, s *session) *session {
	next := u.newSession(s.place)
	next.key = s.key
	u.forsake(ctx, s)
	u.use(next)
	return next
}

// forsake removes what a session has in the bucket, now or in the end.
func (u *Uploader) forsake(ctx context.Context, s *session) {
	if err := s.abandon(ctx); err != nil {
		u.config.Log.Debug("the old upload could not be removed", "error", err)
		u.remember(remnant{s.store, s.key, s.id})
	}
}

// fallBack goes on with the next bucket, and after the last one with the first
// again, from where it was left. What is in the bucket that is left stays until
// the object is confirmed. On an error the old session is returned.
func (u *Uploader) fallBack(ctx context.Context, s *session, cause error) (*session, error) {
	place := (s.place + 1) % len(u.config.Places)
	next := u.others[place]
	if next == nil {
		next = u.newSession(place)
	}
	why := "it refuses"
	if errors.Is(cause, errOutage) {
		why = "it does not answer"
	}
	u.config.Log.Error("another bucket takes the recording", "why", why, "bucket", s.store.At().Bucket, "other", next.store.At().Bucket, "cause", cause, "hint", s.store.Diagnose(cause).Hint)
	if ctx.Err() != nil {
		return s, context.Cause(ctx)
	}
	delete(u.others, place)
	u.others[s.place] = s
	u.retry.moved()
	next.journalled()
	u.use(next)
	next.count()
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

// note writes to the journal. Without it the upload goes on: it matters more. What
// a full disk refuses is written before the next entry, in its order.
func (u *Uploader) note(e entry) {
	u.unwritten = append(u.unwritten, e)
	u.flushNotes()
}

// flushNotes writes what the journal lacks.
func (u *Uploader) flushNotes() {
	for len(u.unwritten) > 0 {
		if err := u.journal.add(u.unwritten[0]); err != nil {
			u.config.Log.Warn("the upload journal could not be written", "error", err)
			return
		}
		u.unwritten = u.unwritten[1:]
	}
}

// failure makes the error that Finish returns.
func (u *Uploader) failure(s *session, err error) error {
	u.flushNotes() // the disk may have room again
	hint := fmt.Sprintf("the recording is kept in %s; upload it later with: beam recover %s", u.config.File, u.config.File)
	if found := s.store.Diagnose(err); found.Hint != "" {
		hint = found.Hint + "; " + hint
	}
	return &Error{Class: ClassUpload, Op: "upload to " + objectURL(s.store, s.key), Err: err, Hint: hint}
}
