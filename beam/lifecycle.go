package beam

import (
	"context"
	"errors"
	"time"

	"beam/beam/control"
	"beam/beam/fault"
	"beam/beam/procstat"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/source"
	"beam/beam/storage"
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
	file := storage.File{Path: s.Output, Room: report.PublicRoom(s.Room), Version: s.Version, Name: s.ID, Part: part}
	upload, err := o.storage.Start(hard, file, out.Head, time.Now(), o.log)
	if err != nil {
		out.Discard()
		return nil, err
	}
	defer upload.Close(o.log)
	if upload != nil {
		upload.Later = s.afterwards()
	}
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
