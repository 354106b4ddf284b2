package upload

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"beam/upload/s3"
)

// inFlight is how many parts are on their way at once, and lastInFlight when the
// recording is over: nothing else wants the network then, and somebody waits.
const (
	inFlight     = 3
	lastInFlight = 4
)

func mostInFlight(final bool) int {
	if final {
		return lastInFlight
	}
	return inFlight
}

// defaultGiveUp is how long a finished recording waits for a bucket that is down.
const defaultGiveUp = 15 * time.Minute

// Place is a bucket and the key that the recording gets in it.
type Place struct {
	Store Bucket
	Key   string
}

// Config says what to upload, and where.
type Config struct {
	File   string  // path of the recording; its journal lies beside it
	Places []Place // the bucket, then its backups in order
	ID     string  // of the recording; "" for a new one

	// Recording and Part are told in the live object; see Live. Recording has ASCII
	// letters and digits, dots, underscores and hyphens only.
	Recording string
	Part      int

	// HeadSize is how many bytes at the start of the file are rewritten when it is
	// finished; 0 if none are. Parts over them are uploaded early, and again at
	// the end.
	HeadSize    int64
	ContentType string            // "" for video/mp4
	Metadata    map[string]string // of the object, beside beam-id; ASCII, 2 KiB in all (S3 User Guide)

	// GiveUpAfter is how long, once the file is finished, the bucket may answer
	// nothing before Finish gives up. 0 for 15 minutes, negative for never.
	GiveUpAfter time.Duration
	// OnProgress is called on each change, one call at a time, from the
	// uploader's goroutines. It must not block and must not call the Uploader,
	// but for Progress.
	OnProgress func(Progress)
	Log        *slog.Logger

	open opener // of the file; nil for the disk itself
}

// Uploader uploads one file while it grows. Start makes one; Advance and Finish
// feed it; Close or Discard ends it. Its methods are safe for concurrent use.
type Uploader struct {
	config  Config
	retry   *retrier
	journal *journal
	wake    chan struct{} // extent changed
	cancel  context.CancelCauseFunc
	done    chan struct{} // closed when the run goroutine has ended
	closing sync.Once

	mu     sync.Mutex
	known  int64 // bytes on disk
	final  bool
	sent   bool // a part has been sent
	held   bool // no part is sent before it is full: the file may be written anew
	shown  Progress
	result Result
	err    error

	reporting sync.Mutex
	last      *session         // the session in use; after done, the last one
	others    map[int]*session // by place: those that were left for another place
	remnants  []remnant        // to be removed in the end
	unwritten []entry          // of the journal, while the disk refuses them
}

// Start begins to upload. It creates the journal and sends nothing yet. The
// upload ends at once when ctx does, and leaves journal and parts for
// RecoverFile. The error is an *Error of ClassUsage, for example when a journal
// is left from a crash.
func Start(ctx context.Context, config Config) (*Uploader, error) {
	switch {
	case len(config.Places) == 0:
		return nil, s3.Usagef("", "no bucket")
	case config.File == "":
		return nil, s3.Usagef("", "no file")
	}
	for _, p := range config.Places {
		if err := s3.CheckKey(p.Key); err != nil || p.Key == "" {
			return nil, s3.Usagef("", "key %q: %w", p.Key, err)
		}
	}
	j, err := createJournal(JournalPath(config.File))
	if err != nil {
		return nil, err
	}
	u := newUploader(config, j)
	s := u.newSession(0)
	if err := j.add(s.targetEntry()); err != nil {
		return nil, &Error{Class: ClassUsage, Op: "write the upload journal", Err: errors.Join(err, j.remove(), j.close())}
	}
	u.start(ctx, s)
	return u, nil
}

func newUploader(config Config, j *journal) *Uploader {
	if config.ID == "" {
		config.ID = NewID()
	}
	if config.ContentType == "" {
		config.ContentType = "video/mp4"
	}
	if config.GiveUpAfter == 0 {
		config.GiveUpAfter = defaultGiveUp
	}
	if config.open == nil {
		config.open = openLocal
	}
	options := config.Places[0].Store.Settings()
	u := &Uploader{
		config: config, journal: j, wake: make(chan struct{}, 1), done: make(chan struct{}),
		others: map[int]*session{},
		shown:  Progress{State: StateWaiting, URL: objectURL(config.Places[0].Store, config.Places[0].Key)},
	}
	u.retry = &retrier{
		base: options.BackoffBase, limit: options.BackoffCap, giveUp: config.GiveUpAfter, refusal: options.RefusalTime,
		log: config.Log, changed: u.report,
	}
	if len(config.Places) > 1 {
		u.retry.outage = options.OutageTime
		if config.GiveUpAfter > 0 {
			u.retry.outage = min(u.retry.outage, config.GiveUpAfter/3) // in time for the backup to take all
		}
	}
	return u
}

func (u *Uploader) start(ctx context.Context, s *session) {
	ctx, u.cancel = context.WithCancelCause(ctx)
	u.last = s
	go func() {
		defer close(u.done)
		result, err := u.run(ctx, s)
		u.mu.Lock()
		u.result, u.err = result, err
		u.mu.Unlock()
		if err != nil {
			u.show(func(p *Progress) { p.State = StateFailed })
		} else {
			u.show(func(p *Progress) { p.State = StateDone })
		}
	}()
}

// Advance tells that the first size bytes of the file are on disk, and final but
// for the head. It never blocks. A size below an earlier one, or one after
// Finish, changes nothing.
func (u *Uploader) Advance(size int64) {
	u.mu.Lock()
	if !u.final && size > u.known {
		u.known = size
	}
	u.mu.Unlock()
	u.nudge()
}

// Finish tells that the file is finished and has size bytes. It uploads what is
// missing and the head again, completes the object and confirms its size and
// checksum; only then is the journal removed. It returns when that is done, or with an
// *Error of ClassUpload when the bucket refuses for good, has been down for
// Config.GiveUpAfter, or ctx ends: then file and journal are kept for RecoverFile.
func (u *Uploader) Finish(ctx context.Context, size int64) (Result, error) {
	if size <= 0 {
		return Result{}, &Error{Class: ClassUpload, Op: "upload", Err: errors.New("the recording is empty")}
	}
	u.mu.Lock()
	if !u.final {
		u.known, u.final = size, true
	}
	u.mu.Unlock()
	u.retry.finish(time.Now())
	u.nudge()
	select {
	case <-u.done:
	case <-ctx.Done():
		u.cancel(context.Cause(ctx))
		<-u.done
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.result, u.err
}

// Untouched tells whether no byte of the file has been sent and none will be
// until the next Advance or Finish: the file may still be written anew. Once it
// said so, no part is sent before it is full.
func (u *Uploader) Untouched() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	plan := planOf(u.config.Places[0].Store)
	u.held = !u.final && !u.sent && u.known < plan.PartSize(1)
	return u.held
}

// touch notes that a part is sent, and tells whether it may be; tail tells that
// it is not full yet.
func (u *Uploader) touch(tail bool) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if tail && u.held {
		return false
	}
	u.sent = true
	return true
}

// Close ends the upload at once, if it still runs, and waits for it. The journal
// stays, unless Finish has succeeded.
func (u *Uploader) Close() error {
	u.cancel(errors.New("the upload was closed"))
	<-u.done
	var err error
	u.closing.Do(func() { err = u.journal.close() })
	return err
}

// Discard ends the upload and removes what it left: its parts in the bucket,
// the live object and the journal. It is for a recording with nothing in it. The
// error tells what could not be removed.
func (u *Uploader) Discard(ctx context.Context) error {
	u.cancel(errors.New("the recording was discarded"))
	<-u.done
	err := u.last.abandon(ctx)
	for _, s := range u.others {
		err = errors.Join(err, s.abandon(ctx))
	}
	u.removeRemnants(ctx, "")
	if u.unfinished() {
		err = errors.Join(err, u.journal.remove())
	}
	return errors.Join(err, u.Close())
}

func (u *Uploader) unfinished() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err != nil
}

func (u *Uploader) nudge() {
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// extent returns the bytes on disk, and whether the file is finished.
func (u *Uploader) extent() (known int64, final bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.known, u.final
}
