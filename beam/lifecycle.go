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
	"beam/capture/encode"
	"beam/layout"
)

// record goes through the life of a recording.
func (o *opening) record(stop, hard context.Context) (*report.Report, error) {
	defer o.cleanUp()
	for _, phase := range []func(stop, hard context.Context) error{o.validate, o.open, o.plans, o.join} {
		if err := phase(stop, hard); err != nil {
			return nil, err
		}
	}
	return o.run(stop, hard)
}

// validate checks all that can be checked before anything is started.
func (o *opening) validate(stop, _ context.Context) error {
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
	if err := o.serveCommands(); err != nil {
		return err
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
	out, err := openOutput(s)
	if err != nil {
		return nil, err
	}
	upload, err := o.storage.Start(hard, storage.File{Path: s.Output, Room: s.Room, Version: s.Version}, out.Head, time.Now(), o.log)
	if err != nil {
		out.Discard()
		return nil, err
	}
	defer upload.Close(o.log)
	if upload != nil {
		upload.Later = s.afterwards()
	}
	out.Grown = upload.Advance

	r := newRun(o, sampler, out, upload)
	end, err := r.record(stop, hard)
	if err != nil {
		out.Discard()
		upload.Discard(hard, o.log)
		return nil, err
	}
	return r.finish(hard, end)
}

// openOutput makes the file of a recording, and removes what belongs to one that
// was there before.
func openOutput(s Settings) (*encode.Output, error) {
	out, err := encode.CreateOutput(s.Output, s.stopRules().limit(), reservedRate(s), s.fragmented())
	switch {
	case errors.Is(err, encode.ErrLocked):
		return nil, fault.Refuse("choose another --output", "--output %s: %w", s.Output, err)
	case err != nil:
		return nil, fault.Refuse("", "--output %s can't be written: %w", s.Output, err)
	}
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
