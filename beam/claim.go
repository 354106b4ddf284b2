package beam

import (
	"context"
	"errors"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/storage"
	"beam/beam/succession"
	"beam/capture/encode"
)

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
	o.newTracks()
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
	o.before.start(hard, o.storage, name, o.began.Add(-o.settings.MaxDuration))
	o.later(o.before.wait) // also where the room can't be joined: what was recorded comes first
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

// numberLimit is how long the start of a recording waits for a bucket that is asked
// which part of the recording it is.
const numberLimit = 5 * time.Second

// openOutput begins to write the file of a recording, and removes what belongs to one
// that was there before.
func (o *opening) openOutput() (*encode.Output, error) {
	s := o.settings
	out, err := o.claim.Create(s.FileMode, s.stopRules().limit(), reservedRate(s), s.fragmented())
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

// reservedRate returns the frames a second that the file's index needs room for.
func reservedRate(s Settings) int {
	if s.AudioOnly {
		return 0
	}
	return s.FPS
}
