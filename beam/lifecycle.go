package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beam/beam/control"
	"beam/beam/fault"
	"beam/beam/procstat"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/source"
	"beam/beam/storage"
	"beam/beam/succession"
	"beam/capture/encode"
	"beam/layout"
)

// record goes through the life of a recording.
func (o *opening) record(stop, hard context.Context) (*report.Report, error) {
	defer o.cleanUp()
	if err := o.validate(stop, hard); err != nil {
		return nil, err
	}
	if o.claim == nil {
		return o.finishUpload(hard)
	}
	for _, phase := range []func(stop, hard context.Context) error{o.open, o.plans, o.join} {
		if err := phase(stop, hard); err != nil {
			return nil, err
		}
	}
	return o.run(stop, hard)
}

// validate checks all that can be checked before anything is started.
func (o *opening) validate(stop, hard context.Context) error {
	kinds, err := roster.ParseChapters(o.settings.Chapters)
	if err != nil {
		return err
	}
	plan, err := o.settings.plan(o.settings.Room)
	if err != nil {
		return err
	}
	o.roster = roster.New(kinds, plan.Named, o.settings.Layout)
	o.commands.roster = o.roster
	o.events.start()
	if err := enoughFiles(procstat.RaiseFiles); err != nil {
		return err
	}
	left, err := o.claimOutput()
	if err != nil {
		return err
	}
	if err := o.serveCommands(); err != nil {
		return err
	}
	if o.claim == nil {
		return nil
	}
	if o.tools, err = findTools(o.settings); err != nil {
		return err
	}
	if o.storage, err = storage.Open(stop, o.settings.Storage, o.log); err != nil {
		return stoppedEarly(stop, err)
	}
	o.later(o.storage.Close)
	if o.storage != nil {
		for _, text := range o.storage.Notices {
			o.events.notice("%s", text)
		}
	}
	o.succeed(hard, left)
	return nil
}

// claimOutput settles which file is recorded to: the output, or the next part of a
// recording that an earlier recorder left unfinished. Without a claim the recording
// had ended, and only its upload is left.
func (o *opening) claimOutput() (succession.Plan, error) {
	s := &o.settings
	plan, claim, err := succession.Claim(s.Output, s.Force, time.Now(), s.MaxDuration)
	if err != nil {
		return plan, err
	}
	o.before = newPredecessors(plan, storage.RecoverOptions{Storage: s.Storage, Version: s.Version}, o.events.notice, o.log)
	if claim == nil {
		return plan, nil
	}
	o.claim = claim
	o.later(func() {
		if o.claim != nil {
			o.warn("output not given up", o.claim.Release())
		}
	})
	s.Output, o.commands.about.Output = plan.Output, plan.Output
	if plan.Before != "" {
		o.events.notice("an earlier recorder did not end %s as it should; the recording goes on in %s", plan.Before, plan.Output)
	}
	return plan, nil
}

// succeed begins to recover what earlier recorders left.
func (o *opening) succeed(hard context.Context, plan succession.Plan) {
	name := ""
	if o.settings.Named {
		name = o.settings.ID
	}
	recovering, stop := context.WithCancel(hard)
	o.before.start(recovering, o.storage, name, o.began.Add(-o.settings.MaxDuration))
	o.later(func() {
		stop() // where the recording ended before its time; else it has been waited for
		o.before.wait()
	})
}

// finishUpload completes the upload of a recording that had ended when its recorder
// was killed. Nothing is recorded: its meeting is over, or nobody wanted more of it.
func (o *opening) finishUpload(hard context.Context) (*report.Report, error) {
	left := o.before.plan.Left
	path := left[len(left)-1]
	o.events.notice("%s had been recorded to its end; only its upload is completed", path)
	o.events.enter(StateUploading)
	for i, file := range left {
		o.before.recoverFile(hard, i, file)
	}
	rep, ok := report.Read(path)
	if !ok {
		return nil, &fault.Fault{Class: fault.ClassInternal, Op: "finish the upload", Err: errors.New("the report is gone: " + report.Path(path))}
	}
	for _, one := range o.before.all {
		if one.Error != "" {
			return rep, &fault.Fault{Class: fault.ClassUpload, Op: "finish the upload of " + one.File, Err: errors.New(one.Error), Hint: "beam recover " + one.File}
		}
	}
	o.events.enter(StateCompleted)
	return rep, nil
}

// How many files a process of a recording may have to open at once: Chrome's own
// process was seen with 170 on a page of one video, Beam with 40; each further person
// takes some more in the process that does Chrome's network.
const (
	leastFiles  = 256
	wantedFiles = 4096
)

// enoughFiles refuses to record where the limit of open files does not allow it; raise
// raises it as far as that is possible.
func enoughFiles(raise func(wanted uint64) (limit uint64, err error)) error {
	limit, err := raise(wantedFiles)
	if err == nil && limit < leastFiles {
		err = fmt.Errorf("%d files at most may be open at once, and a recording needs %d", limit, leastFiles)
	}
	if err == nil {
		return nil
	}
	return fault.Refuse(fmt.Sprintf("raise the hard limit: ulimit -Hn %d, LimitNOFILE=%d in a unit of systemd, --ulimit nofile=%d of Docker", wantedFiles, wantedFiles, wantedFiles),
		"the limit of open files: %w", err)
}

// serveCommands lets other processes control the recording, where that is
// possible.
func (o *opening) serveCommands() error {
	server, err := control.Serve(o.settings.ID, o.commands, o.log)
	switch {
	case errors.Is(err, control.ErrTaken):
		return fault.Refuse("choose another --id", "%w", err)
	case err != nil:
		o.events.notice("the recording can't be controlled by other commands: %v", err)
	default:
		o.later(func() { o.warn("control socket not removed", server.Close()) })
	}
	return nil
}

// joinTries is how often a room is tried before it counts as refused.
const joinTries = 3

// join joins the room. What may pass is tried again, with a growing delay, as
// long as the time that joining has is not over.
func (o *opening) join(stop, hard context.Context) error {
	o.events.enter(StateJoining)
	err := o.tryJoining(stop)
	if err != nil && stop.Err() == nil {
		o.diagnose(hard, err)
	}
	return err
}

func (o *opening) tryJoining(stop context.Context) error {
	began := time.Now()
	delay := time.Second
	for try := 1; ; try++ {
		reason, err := o.source.Join(stop)
		if err == nil {
			o.readyReason, o.starting.ready = reason, time.Since(o.began)
			if source.LoadedOnly(reason) {
				o.events.notice("the page is recorded as it is: %s", reason)
			}
			o.log.Debug("room ready", "why", reason)
			return nil
		}
		if try == joinTries || stop.Err() != nil || !fault.Retryable(err) || time.Since(began)+delay > o.settings.ReadyTimeout {
			return stoppedEarly(stop, err)
		}
		o.events.notice("joining failed, trying again: %v", err)
		select {
		case <-time.After(delay):
		case <-stop.Done():
		}
		delay *= 2
		o.source.CloseBrowser(stop, source.LostPatience)
		if err := o.source.Launch(stop); err != nil {
			return stoppedEarly(stop, err)
		}
	}
}

// run makes the file, records into it, and finishes it.
func (o *opening) run(stop, hard context.Context) (*report.Report, error) {
	s := o.settings
	sampler, err := procstat.NewSampler()
	if err != nil {
		return nil, err
	}
	memory, err := procstat.NewMemoryReader()
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(hard, numberLimit)
	part := o.before.number(asking)
	cancel()
	out, err := o.openOutput()
	if err != nil {
		return nil, err
	}
	file := storage.File{Path: s.Output, Room: s.Room, Version: s.Version, Name: s.ID, Part: part}
	upload, err := o.storage.Start(hard, file, out.Head, time.Now(), o.log)
	if err != nil {
		out.Discard()
		return nil, err
	}
	defer upload.Close(o.log)
	out.Grown = upload.Advance

	r := newRun(o, sampler, memory, out, upload)
	end, err := r.record(stop, hard)
	if err != nil {
		out.Discard()
		upload.Discard(hard, o.log)
		return nil, err
	}
	return r.finish(hard, end)
}

// numberLimit is how long the start of a recording waits for a bucket that is asked
// which part of the recording it is.
const numberLimit = 5 * time.Second

// openOutput begins to write the file of a recording, and removes what belongs to one
// that was there before.
func (o *opening) openOutput() (*encode.Output, error) {
	s := o.settings
	out, err := o.claim.Create(s.stopRules().limit(), reservedRate(s))
	if err != nil {
		return nil, fault.Refuse("", "--output %s can't be written: %w", s.Output, err)
	}
	o.claim = nil
	if err := storage.RemoveSideFiles(s.Output); err != nil {
		out.Discard()
		return nil, fault.Refuse("", "--output %s: the files of the old recording can't be removed: %w", s.Output, err)
	}
	return out, nil
}

// stoppedEarly turns an error that only says that the user stopped into one
// that says so.
func stoppedEarly(stop context.Context, err error) error {
	if stop.Err() == nil {
		return err
	}
	return &fault.Fault{Class: fault.ClassEmpty, Op: "record", Err: errors.New("stopped before the room was ready; nothing was recorded")}
}

// setFilter changes who is recorded.
func (o *opening) setFilter(ctx context.Context, f layout.Filter) error {
	asked := o.settings
	asked.Filter = f
	if _, err := asked.plan(o.settings.Room); err != nil {
		return err // the room's platform can't tell people apart
	}
	if err := o.source.SetFilter(ctx, f); err != nil {
		return err
	}
	o.people.set(f)
	return nil
}

// versions returns the versions of all that took part.
func (o *opening) versions() map[string]string {
	v := o.source.Versions()
	v["beam"], v["ffmpeg"] = o.settings.Version, o.ffmpeg.Text
	return v
}

// reservedRate returns the frames a second that the file's index needs room for.
func reservedRate(s Settings) int {
	if s.AudioOnly {
		return 0
	}
	return s.FPS
}
