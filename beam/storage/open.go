package storage

import (
	"context"
	"errors"
	"log/slog"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beam/beam/fault"
	"beam/upload"
)

// Storage is the opened and checked Storage of a recording.
type Storage struct {
	Settings
	stores []*upload.Store // the bucket, then its backup
}

// Open opens what the settings name and does there what a recording
// does. It returns nil when nothing is named. Its error is a *Fault: of
// ClassUpload when the store can't be reached, else of ClassUsage.
func Open(ctx context.Context, s Settings, log *slog.Logger) (*Storage, error) {
	targets, err := s.targets()
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	o := &Storage{Settings: s}
	for _, target := range targets {
		if _, err := validateTarget(ctx, target, s.options(), log); err != nil {
			o.Close()
			return nil, err
		}
		store, err := upload.Open(ctx, target, s.options(), log)
		if err != nil {
			o.Close()
			return nil, refuse("", err)
		}
		o.stores = append(o.stores, store)
	}
	return o, nil
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
	for _, target := range targets {
		v, err := validateTarget(ctx, target, s.options(), log)
		all = append(all, v)
		if first == nil {
			first = err
		}
	}
	return all, first
}

// validateTarget tries a target.
func validateTarget(ctx context.Context, target upload.Target, options upload.Options, log *slog.Logger) (upload.Validation, error) {
	v, err := upload.Validate(ctx, target, options, upload.ValidateOptions{}, log)
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

// places returns where the recording goes, with the key it gets there. start is
// when the recording began.
func (o *Storage) places(vars upload.KeyVars) ([]upload.Place, error) {
	var places []upload.Place
	for _, store := range o.stores {
		vars.Prefix = store.Target.Prefix
		key, err := vars.Expand(o.Key)
		if err != nil {
			return nil, refuse("--key", err)
		}
		places = append(places, upload.Place{Store: store, Key: key})
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
