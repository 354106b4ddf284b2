package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/upload"
)

// Storage is the opened and checked Storage of a recording.
type Storage struct {
	Settings
	Notices []string        // what is wrong with a store at the moment, and does not hinder the recording
	stores  []*upload.Store // the bucket, then its backup
}

// Open opens what the settings name and begins there what a recording begins,
// without leaving an object. It returns nil when nothing is named. A fault that
// may pass (no answer, a busy store, credentials that can't be had just now) costs
// no meeting: after another try the recording is kept on the disk and sent as soon
// as that works. Its error is a *Fault of ClassUsage.
func Open(ctx context.Context, s Settings, log *slog.Logger) (*Storage, error) {
	targets, err := s.targets()
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	o := &Storage{Settings: s}
	for i, target := range targets {
		notice, err := reach(ctx, target, s.optionsOf(i), log)
		if err != nil {
			o.Close()
			return nil, err
		}
		if notice != "" {
			o.Notices = append(o.Notices, notice)
		}
		store, err := upload.Open(ctx, target, s.optionsOf(i), log)
		if err != nil {
			o.Close()
			return nil, refuse("", err)
		}
		o.stores = append(o.stores, store)
	}
	return o, nil
}

// The times of reaching a store before a recording.
const (
	reachTries = 2
	reachPause = time.Second
	reachLimit = 10 * time.Second // of one try
)

// reach tries the beginning of an upload. notice tells of a fault that may pass.
func reach(ctx context.Context, target upload.Target, options upload.Options, log *slog.Logger) (notice string, err error) {
	for try := 1; ; try++ {
		short, cancel := context.WithTimeout(ctx, reachLimit)
		v, err := validateTarget(short, target, options, upload.ValidateOptions{NoObject: true}, log)
		slow := errors.Is(short.Err(), context.DeadlineExceeded) && ctx.Err() == nil
		cancel()
		switch {
		case err == nil:
			return "", nil
		case !slow && !v.Passing() || ctx.Err() != nil:
			return "", err
		case try == reachTries:
			if slow {
				return fmt.Sprintf("%s does not answer; the recording is kept on the disk and uploaded when it does", target), nil
			}
			return fmt.Sprintf("%v; the recording is kept on the disk and uploaded when that is over", err), nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(reachPause):
		}
	}
}

// Close closes the stores. A nil Storage has none.
func (o *Storage) Close() {
	if o == nil {
		return
	}
	for _, s := range o.stores {
		s.Close()
	}
}

// Validate tries everything that a recording does with the bucket and
// its backup, and removes what that leaves. The validations are complete as far
// as they go also beside an error, which is a *Fault.
func Validate(ctx context.Context, s Settings, log *slog.Logger) ([]upload.Validation, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	targets, err := s.targets()
	if err != nil {
		return nil, err
	}
	var all []upload.Validation
	var first error
	for i, target := range targets {
		v, err := validateTarget(ctx, target, s.optionsOf(i), upload.ValidateOptions{}, log)
		all = append(all, v)
		if first == nil {
			first = err
		}
	}
	return all, first
}

// validateTarget tries a target.
func validateTarget(ctx context.Context, target upload.Target, options upload.Options, want upload.ValidateOptions, log *slog.Logger) (upload.Validation, error) {
	v, err := upload.Validate(ctx, target, options, want, log)
	if err == nil {
		return v, nil
	}
	if ctx.Err() != nil {
		return v, &fault.Fault{Class: fault.ClassUsage, Op: "validate " + target.String(), Err: errors.New("stopped before the bucket was checked")}
	}
	return v, &fault.Fault{Class: classOf(v), Err: err, Hint: fault.Hint(err)}
}

// classOf returns the class of the first check that failed: what a user can put
// right is a matter of usage, a store that is down is not.
func classOf(v upload.Validation) fault.Class {
	i := slices.IndexFunc(v.Checks, func(c upload.Check) bool { return !c.OK })
	if i < 0 {
		return fault.ClassUsage
	}
	switch v.Checks[i].Code {
	case upload.FindUnreachable, upload.FindDNS, upload.FindBusy:
		return fault.ClassUpload
	}
	return fault.ClassUsage
}

// places returns where a part of a recording goes, with the key it gets there: parts
// from the second on have their number before the extension, as files have.
func (o *Storage) places(vars upload.KeyVars, part int) ([]upload.Place, error) {
	var places []upload.Place
	for _, store := range o.stores {
		vars.Prefix = store.Target.Prefix
		key, err := vars.Expand(o.Key)
		if err != nil {
			return nil, refuse("--key", err)
		}
		places = append(places, upload.Place{Store: store, Key: report.PartName(key, part)})
	}
	return places, nil
}

// keyVars returns the values of the key of a recording.
func keyVars(room, output, id string, start time.Time) upload.KeyVars {
	return upload.KeyVars{Room: room, Start: start, ID: id, Ext: strings.ToLower(filepath.Ext(output))}
}

// reportKey returns the key of the report that belongs to an object.
func reportKey(key string) string {
	if ext := path.Ext(key); ext != ".json" {
		key = strings.TrimSuffix(key, ext)
	}
	return key + ".json"
}

// contentType returns the media type of a recording by its name (RFC 4337).
func contentType(output string) string {
	if strings.EqualFold(filepath.Ext(output), ".m4a") {
		return "audio/mp4"
	}
	return "video/mp4"
}
