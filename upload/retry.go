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

// retrier repeats requests until they work, the store refuses them for good, or
// time is up. All requests of an upload share one, since an outage hits them
// all. It is safe for concurrent use.
type retrier struct {
	base, limit time.Duration // bounds of the pauses
	giveUp      time.Duration // without any success once the file is finished; 0: never
	refusal     time.Duration // how long the store may say no before it counts: permissions and credentials are changed meanwhile
	outage      time.Duration // how long nothing may work before another place is tried; 0: there is none
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
// or errGaveUp or errOutage around it, or the context's.
func (r *retrier) do(ctx context.Context, op string, refresh func(), attempt func(context.Context) error) error {
	return r.run(ctx, op, refresh, attempt, false)
}

// ask is do for a request that can be done without: a refusal counts after some
// attempts.
func (r *retrier) ask(ctx context.Context, op string, refresh func(), attempt func(context.Context) error) error {
	return r.run(ctx, op, refresh, attempt, true)
}

// askedOften is how many refusals in a row are an answer to ask.
const askedOften = 3

func (r *retrier) run(ctx context.Context, op string, refresh func(), attempt func(context.Context) error, asking bool) error {
	refusals := 0
	var refused time.Time // since when the store says no
	for n := 0; ; n++ {
		err := attempt(ctx)
		if err == nil {
			r.succeeded()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		switch s3.Classify(err) {
		case s3.KindRetry:
			refused, refusals = time.Time{}, 0
		case s3.KindSkew, s3.KindRefused, s3.KindExpired:
			// Keys in files may have been replaced, whatever the store calls it.
			refresh()
			if refused.IsZero() {
				refused = time.Now()
			}
			refusals++
			if asking && refusals >= askedOften || time.Since(refused) >= r.refusal && r.mayStop() {
				return fmt.Errorf("%s: %w", op, err)
			}
		default:
			return fmt.Errorf("%s: %w", op, err)
		}
		if cause := r.failed(op, err); cause != nil {
			return fmt.Errorf("%s: %w: %w", op, cause, err)
		}
		if err := s3.Sleep(ctx, s3.Jitter(r.base, r.limit, n)); err != nil {
			return err
		}
	}
}

// mayStop tells whether a refusal ends the attempts: at the end of a recording
// there is nothing else to do than to wait, unless there is another place.
func (r *retrier) mayStop() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.finished.IsZero() || r.outage > 0 || r.giveUp <= 0
}

// moved tells that another place is tried from now on.
func (r *retrier) moved() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = time.Time{}
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

// failed notes a failure and tells whether time is up, by errGaveUp or errOutage.
func (r *retrier) failed(op string, err error) error {
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
	// Another bucket gets no more of a disk that fails.
	var local *localError
	down := r.outage > 0 && now.Sub(r.failing) >= r.outage && !errors.As(err, &local)
	over := r.giveUp > 0 && !r.finished.IsZero() && now.Sub(since) >= r.giveUp
	r.mu.Unlock()
	if first {
		r.log.Warn("a request to the bucket failed, trying again", "op", op, "error", err)
	} else {
		r.log.Debug("a request to the bucket failed, trying again", "op", op, "error", err)
	}
	r.changed()
	switch {
	case over:
		return errGaveUp
	case down:
		return errOutage
	}
	return nil
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
	case errors.Is(err, errGaveUp), errors.Is(err, errOutage), errors.Is(err, errLowered):
		return false
	}
	return s3.Classify(err) == k
}
