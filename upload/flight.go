package upload

import (
	"context"
	"fmt"
	"sync"
	"time"

	"beam/upload/s3"
)

// flight is one run of a session: what it has on its way, and its goroutines. It
// is used by one goroutine, the one that started them.
type flight struct {
	s       *session
	workers sync.WaitGroup
	stop    chan struct{} // ends the heartbeat
	beating bool
	results chan sent
	busy    map[int32]bool // parts on their way
	tail    bool           // the part that is being filled is due as far as it has come
}

// sent is what a worker reports.
type sent struct {
	n    int32
	part partSum
	err  error
}

// run sends all parts and completes the object. It returns only when its
// goroutines have ended.
func (s *session) run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	// Parts over the head are not worth finishing once the head is rewritten.
	early, endEarly := context.WithCancelCause(ctx)
	f := &flight{s: s, stop: make(chan struct{}), results: make(chan sent, lastInFlight), busy: map[int32]bool{}}
	result, err := f.run(ctx, early, endEarly)
	if err != nil {
		cancel(err)
	}
	close(f.stop)
	f.land()
	endEarly(nil)
	cancel(nil)
	return result, err
}

// run is run of the session. early ends before ctx does: when the head is
// rewritten.
func (f *flight) run(ctx, early context.Context, endEarly context.CancelCauseFunc) (Result, error) {
	s := f.s
	f.beat(ctx)
	if s.resumed != nil {
		if result, done, err := s.resume(ctx); err != nil || done {
			return result, err
		}
	}
	tick := s.tailTicker()
	defer tick.Stop()
	for {
		known, final := s.u.extent()
		if final {
			endEarly(errStale)
			s.noteFinal(known)
		}
		n, all := due(view{
			plan: planOf(s.store), known: known, final: final, head: s.u.config.HeadSize, done: s.parts, busy: f.busy, tail: f.tail,
		})
		switch {
		case all:
			s.u.show(func(p *Progress) { p.State = StateCompleting })
			result, again, err := s.complete(ctx)
			if err != nil || !again {
				return result, err
			}
			continue
		case n > 0 && len(f.busy) < mostInFlight(final) && s.u.touch(!final && planOf(s.store).Offset(n+1) > known):
			if err := f.launch(ctx, early, s.partFor(n, known, final)); err != nil {
				return Result{}, err
			}
			continue
		case len(f.busy) == 0 && known > 0:
			if _, err := planOf(s.store).Count(known); err != nil {
				return Result{}, &localError{err}
			}
			s.u.show(func(p *Progress) { p.State = StateWaiting })
		}
		if err := f.wait(ctx, tick.C); err != nil {
			return Result{}, err
		}
	}
}

// beat starts the heartbeat, once the upload is begun.
func (f *flight) beat(ctx context.Context) {
	s := f.s
	if s.id == "" || f.beating || s.store.Settings().Heartbeat < 0 {
		return
	}
	f.beating = true
	f.workers.Go(func() { s.unanswered.Store(keepAlive(ctx, s.store, f.stop, s.key, s.id, s.u.live, s.u.config.Log)) })
}

// launch sends a part on its way, and begins the upload for the first one.
func (f *flight) launch(ctx, early context.Context, part partSum) error {
	s := f.s
	s.u.show(func(p *Progress) { p.State = StateUploading })
	if err := s.begin(ctx); err != nil {
		return err
	}
	f.beat(ctx)
	f.tail = false
	if part.Early {
		ctx = early
	}
	f.busy[part.Number] = true
	f.workers.Go(func() {
		whole, err := s.send(ctx, part)
		f.results <- sent{part.Number, whole, err}
	})
	return nil
}

// wait waits until there may be something to do.
func (f *flight) wait(ctx context.Context, tick <-chan time.Time) error {
	s := f.s
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.u.wake:
	case <-tick:
		f.tail = true
	case r := <-f.results:
		delete(f.busy, r.n)
		switch {
		case r.err == nil:
			s.keep(r.part)
		case failedWith(r.err, s3.KindStopped) && ctx.Err() == nil: // early, and stale now
		case failedWith(r.err, s3.KindUnsupported) && s.checksum != s3.ChecksumNone:
			s.store.Checksums().Refused(s.checksum)
			return fmt.Errorf("%w: %w", errLowered, r.err)
		default:
			return r.err
		}
	}
	return nil
}

// land waits for the goroutines, and keeps what arrived meanwhile: it needs no
// second upload.
func (f *flight) land() {
	f.workers.Wait()
	close(f.results)
	for r := range f.results {
		if r.err == nil {
			f.s.keep(r.part)
		}
	}
}
