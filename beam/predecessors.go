package beam

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"beam/beam/report"
	"beam/beam/storage"
	"beam/beam/succession"
	"beam/upload"
)

// predecessors are the recorders in whose place this one is: they were killed, or
// their nodes are gone. What they left is finished and uploaded while this recording
// goes on, as the meeting waits for nobody. Its methods may be called from any
// goroutine.
type predecessors struct {
	plan    succession.Plan
	options storage.RecoverOptions
	log     *slog.Logger
	notice  func(format string, args ...any)

	files, bucket sync.WaitGroup
	stop          context.CancelFunc // ends the waiting for recorders that the bucket tells of
	asked         chan struct{}      // closed when the bucket has been asked, or need not be

	mu   sync.Mutex
	part int                  // of the recording that this one makes
	all  []report.Predecessor // in order: files, then what the bucket tells of
}

// The times of predecessors.
const (
	aliveEvery  = 5 * time.Second  // how often is looked whether a recorder is gone
	lockedTries = 5                // to recover a file that somebody else looks at
	askLimit    = 20 * time.Second // of asking the bucket
)

// pending is the outcome of what is not recovered yet.
const pending = "pending"

func newPredecessors(plan succession.Plan, options storage.RecoverOptions, notice func(string, ...any), log *slog.Logger) *predecessors {
	p := &predecessors{plan: plan, options: options, log: log, notice: notice, part: plan.Part, stop: func() {}, asked: make(chan struct{})}
	for _, file := range plan.Left {
		p.all = append(p.all, report.Predecessor{File: file, Outcome: pending})
	}
	return p
}

// start begins to recover what is left. name is what the recording is called, "" where
// the user did not say; since is when a recorder of the same meeting can have begun.
func (p *predecessors) start(ctx context.Context, opened *storage.Storage, name string, since time.Time) {
	for i, file := range p.plan.Left {
		p.files.Go(func() { p.recoverFile(ctx, i, file) })
	}
	if opened == nil || name == "" {
		close(p.asked)
		return
	}
	ctx, p.stop = context.WithCancel(ctx)
	p.bucket.Go(func() { p.ask(ctx, opened, name, since) })
}

// recoverFile finishes one file, and its upload.
func (p *predecessors) recoverFile(ctx context.Context, i int, file string) {
	var r storage.Recovered
	for range lockedTries {
		if r = storage.RecoverFile(ctx, file, p.options, p.log); r.Outcome != storage.OutcomeAlive {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	one := report.Predecessor{File: file, Seconds: r.Seconds, Outcome: string(r.Outcome), Error: r.Error}
	if r.Upload != nil {
		one.URL = r.Upload.URL
	}
	p.became(i, one)
}

// became notes what became of a predecessor, and tells it.
func (p *predecessors) became(i int, one report.Predecessor) {
	p.mu.Lock()
	p.all[i] = one
	p.mu.Unlock()
	what := one.File
	if what == "" {
		what = one.URL
	}
	if one.Error != "" {
		p.notice("%s, which an earlier recorder left, could not be recovered: %s", what, one.Error)
		return
	}
	p.notice("%s, which an earlier recorder left, is recovered (%s)", what, one.Outcome)
}

// ask looks in the bucket for uploads of earlier recorders of this recording, and
// completes each once its recorder counts as gone.
func (p *predecessors) ask(ctx context.Context, opened *storage.Storage, name string, since time.Time) {
	found, err := p.find(ctx, opened, name, since)
	if err != nil {
		// A recorder need not have the right to list; beam recover s3://... has.
		p.log.Info("the bucket was not asked for uploads of an earlier recorder", "error", err)
	}
	for i, one := range found {
		p.mu.Lock()
		p.part = max(p.part, one.Part+1, 2)
		index := len(p.all)
		p.all = append(p.all, report.Predecessor{URL: one.URL, Outcome: pending})
		p.mu.Unlock()
		p.notice("an earlier recorder of this recording left %s in the bucket; it is completed once that recorder counts as gone", found[i].URL)
		p.bucket.Go(func() { p.recoverUpload(ctx, index, one) })
	}
	close(p.asked)
}

func (p *predecessors) find(ctx context.Context, opened *storage.Storage, name string, since time.Time) ([]storage.Interrupted, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	var known []string
	for _, file := range p.plan.Left {
		if info, err := upload.ReadJournal(file); err == nil {
			known = append(known, info.Key) // its file is here
		}
	}
	return opened.Interrupted(ctx, name, known, since)
}

func (p *predecessors) recoverUpload(ctx context.Context, index int, one storage.Interrupted) {
	for {
		r := one.Recover(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case r.Outcome != upload.OutcomeAlive:
			told := report.Predecessor{URL: one.URL, Outcome: string(r.Outcome)}
			if r.Err != nil {
				told.Error = r.Err.Error()
			}
			p.became(index, told)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(aliveEvery):
		}
	}
}

// number returns which part of the recording this one is, once the bucket has been
// asked, or when ctx ends.
func (p *predecessors) number(ctx context.Context) int {
	select {
	case <-p.asked:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.part
}

// wait waits until the files are recovered; what the bucket tells of recorders that
// may still live is not waited for.
func (p *predecessors) wait() {
	p.files.Wait()
	p.stop()
	p.bucket.Wait()
}

// report returns what became of the parts before this one; a part of 0 stands for a
// recording that nobody began.
func (p *predecessors) report() (part int, all []report.Predecessor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.part < 2 {
		return 0, nil
	}
	return p.part, slices.Clone(p.all)
}

// shortcomings returns in what ways a recording is less than what was asked for
// because it goes on from another.
func (p *predecessors) shortcomings() (texts []string) {
	part, all := p.report()
	if part == 0 {
		return nil
	}
	before := p.plan.Before
	if before == "" && len(all) > 0 {
		before = all[len(all)-1].URL
	}
	texts = append(texts, fmt.Sprintf("it is part %d of the recording: it goes on from %s, whose recorder was killed or failed; what happened between them is missing", part, filepath.Base(before)))
	for _, one := range all {
		if one.Error != "" && one.File != "" && one.Outcome != string(storage.OutcomeEmpty) {
			texts = append(texts, fmt.Sprintf("%s could not be recovered: %s; beam recover %s tries again", filepath.Base(one.File), one.Error, one.File))
		}
	}
	return texts
}
