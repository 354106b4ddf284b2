package upload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"beam/upload/s3"
)

// A refusal counts only when it comes this often in a row: stores say no for
// a moment while permissions or credentials change.
const refusals = 3

// retrier repeats requests until they work, the store refuses them for good, or
// time is up. All requests of an upload share one, since an outage hits them
// all. It is safe for concurrent use.
type retrier struct {
	base, limit time.Duration // bounds of the pauses
	giveUp      time.Duration // without any success once the file is finished; 0: never
	log         *slog.Logger
	changed     func() // called when the state changed; must not block

	mu       sync.Mutex
	finished time.Time // when the file was; zero before
	lastOK   time.Time
	failing  time.Time // since when nothing has worked; zero when it does
	lastErr  error
	retries  int
}

// do runs attempt until it succeeds. refresh is called before the attempt that
// follows expired credentials. The error is the last attempt's, wrapped with op,
// or errGaveUp around it, or the context's.
func (r *retrier) do(ctx context.Context, op string, refresh func(), attempt func(context.Context) error) error {
	refused := 0
	for n := 0; ; n++ {
		err := attempt(ctx)
		if err == nil {
			r.succeeded()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch k := s3.Classify(err); k {
		case s3.KindRetry:
			refused = 0
		case s3.KindSkew, s3.KindRefused, s3.KindExpired:
			if k == s3.KindExpired {
				refresh()
			}
			if refused++; refused >= refusals {
				return fmt.Errorf("%s: %w", op, err)
			}
		default:
			return fmt.Errorf("%s: %w", op, err)
		}
		if r.failed(op, err) {
			return fmt.Errorf("%s: %w: %w", op, errGaveUp, err)
		}
		if err := s3.Sleep(ctx, s3.Jitter(r.base, r.limit, n)); err != nil {
			return err
		}
	}
}

// finish tells that the file is finished: from now on giving up is allowed.
func (r *retrier) finish(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.finished.IsZero() {
		r.finished = now
	}
}

func (r *retrier) succeeded() {
	r.mu.Lock()
	was := r.failing
	r.lastOK, r.failing, r.lastErr = time.Now(), time.Time{}, nil
	r.mu.Unlock()
	if !was.IsZero() {
		r.log.Info("the bucket answers again", "after", time.Since(was).Round(time.Millisecond))
		r.changed()
	}
}

// failed notes a failure and tells whether time is up.
func (r *retrier) failed(op string, err error) bool {
	now := time.Now()
	r.mu.Lock()
	first := r.failing.IsZero()
	if first {
		r.failing = now
	}
	r.lastErr = err
	r.retries++
	since := r.finished
	if r.lastOK.After(since) {
		since = r.lastOK
	}
	over := r.giveUp > 0 && !r.finished.IsZero() && now.Sub(since) >= r.giveUp
	r.mu.Unlock()
	if first {
		r.log.Warn("a request to the bucket failed, trying again", "op", op, "err", err)
	} else {
		r.log.Debug("a request to the bucket failed, trying again", "op", op, "err", err)
	}
	r.changed()
	return over
}

// snapshot returns how often a request was repeated, since when nothing has
// worked (zero when it does) and why.
func (r *retrier) snapshot() (retries int, failing time.Time, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retries, r.failing, r.lastErr
}

// failedWith tells whether err is of kind k, or wraps it.
func failedWith(err error, k s3.Kind) bool {
	switch {
	case err == nil:
		return false
	case errors.Is(err, errVanished):
		return k == s3.KindVanished
	case errors.Is(err, errTaken), errors.Is(err, errMismatch):
		return k == s3.KindTaken
	case errors.Is(err, errGaveUp):
		return false
	}
	return s3.Classify(err) == k
}
