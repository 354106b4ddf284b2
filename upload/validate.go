package upload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"beam/upload/s3"
)

// ValidateOptions say what the recordings will need.
type ValidateOptions struct {
	Read bool // objects are read back: per-participant tracks
	// NoObject makes no object, only an upload that is removed again: what is asked
	// before each recording leaves nothing and sets off no event.
	NoObject bool
}

// Check is one thing that Validate tried.
type Check struct {
	Name   string `json:"name"`           // see Validate
	OK     bool   `json:"ok"`             // recordings will work as far as this goes
	Warn   bool   `json:"warn"`           // they will work, but something should be changed
	Code   string `json:"code,omitempty"` // of the finding, when not OK or Warn
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
	// Passing tells of a check that failed for what may be over in a moment: no
	// answer, a busy store, credentials that can't be had just now.
	Passing bool `json:"passing,omitempty"`
}

// String returns the check as one line for people.
func (c Check) String() string {
	mark := "ok  "
	switch {
	case !c.OK:
		mark = "FAIL"
	case c.Warn:
		mark = "warn"
	}
	line := fmt.Sprintf("%s  %-12s %s", mark, c.Name, c.Detail)
	if c.Hint != "" {
		line += " (" + c.Hint + ")"
	}
	return line
}

// Validation is what Validate found.
type Validation struct {
	URL    string  `json:"url"` // of the target
	Region string  `json:"region"`
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
}

// Passing tells whether the first check that failed did so for what may be over
// in a moment: a recording can begin, as its upload is tried again and again.
func (v Validation) Passing() bool {
	for _, c := range v.Checks {
		if !c.OK {
			return c.Passing
		}
	}
	return false
}

// credentialLimit is how long finding credentials may take. On a machine
// without any the chain ends with the metadata service, where connections hang.
const credentialLimit = 10 * time.Second

// clockLimit is the difference of clocks that is warned of. S3 refuses
// signatures from 15 minutes on.
const clockLimit = 4 * time.Minute

// Validate tries everything that a recording does, on a small object under the
// real prefix, and removes it again. The checks are, in order and as far as they
// can be reached: options, credentials, bucket, clock, begin, part, list-parts,
// complete, overwrite, read, abort, live (which is written and deleted), delete.
// The error is an *Error of ClassUsage for the first check that failed; the
// Validation is complete either way. With ValidateOptions.NoObject the upload is
// removed after list-parts, which is the check abort, and that is all. A store
// that is busy or gives no answer is asked three times.
func Validate(ctx context.Context, target Target, options Options, want ValidateOptions, log *slog.Logger) (Validation, error) {
	v := &validation{result: Validation{URL: target.String()}, want: want}
	store, err := Open(ctx, target, options, log)
	if err != nil {
		var e *Error
		hint := ""
		if errors.As(err, &e) {
			hint = e.Hint
		}
		v.add(Check{Name: "options", Detail: err.Error(), Hint: hint})
		return v.end()
	}
	defer store.Close()
	v.store, v.result.Region = store, store.Region()
	v.optionsCheck()
	v.run(ctx)
	if ctx.Err() != nil {
		return v.result, context.Cause(ctx)
	}
	return v.end()
}

type validation struct {
	store  *Store
	want   ValidateOptions
	result Validation
}

// add adds a check, in the place of an earlier one of the same name.
func (v *validation) add(c Check) {
	for i, old := range v.result.Checks {
		if old.Name == c.Name {
			v.result.Checks[i] = c
			return
		}
	}
	v.result.Checks = append(v.result.Checks, c)
}

// aboutWhat names the check that a finding belongs to, whichever request it
// came from.
var aboutWhat = map[string]string{
	FindNoCredentials: "credentials", FindKeyID: "credentials", FindSecret: "credentials", FindExpired: "credentials", FindToken: "credentials",
	FindClock: "clock", FindNoBucket: "bucket", FindRegion: "bucket",
}

func (v *validation) ok(name, format string, args ...any) {
	v.add(Check{Name: name, OK: true, Detail: fmt.Sprintf(format, args...)})
}

// fault adds what a failed request means. action is the permission it needed.
func (v *validation) fault(name, action string, err error, warn bool) {
	found := v.store.Diagnose(err)
	if found.Code == FindDenied && found.Hint == "" && action != "" {
		found.Hint = "allow " + action
	}
	if about, ok := aboutWhat[found.Code]; ok {
		name = about
	}
	v.add(Check{Name: name, OK: warn, Warn: warn, Code: found.Code, Detail: found.Detail, Hint: found.Hint, Passing: !warn && passing(err)})
}

// passing tells whether a failure may be over in a moment. A name that does not
// exist and a certificate that is not trusted are somebody's mistake.
func passing(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return false
	}
	return failedWith(err, s3.KindRetry) || failedWith(err, s3.KindExpired) || failedWith(err, s3.KindSkew)
}

func (v *validation) end() (Validation, error) {
	v.result.OK = true
	for _, c := range v.result.Checks {
		if !c.OK {
			v.result.OK = false
			return v.result, &Error{Class: ClassUsage, Op: "validate " + v.result.URL, Err: errors.New(c.Detail), Hint: c.Hint}
		}
	}
	return v.result, nil
}

func (v *validation) optionsCheck() {
	if v.store.Settings().PlainText() {
		v.add(Check{Name: "options", OK: true, Warn: true, Detail: "recordings travel without encryption", Hint: "use an https:// endpoint"})
		return
	}
	v.ok("options", "region %s, %s", v.store.Region(), v.store.Host())
}

func (v *validation) run(ctx context.Context) {
	credentials, cancel := context.WithTimeout(ctx, credentialLimit)
	defer cancel()
	if passing, err := v.store.FindCredentials(credentials); err != nil {
		if passing {
			v.add(Check{Name: "credentials", Code: FindNoCredentials, Passing: true, Detail: "the credentials can't be had at the moment",
				Hint: "see whether the endpoint that hands them out answers"})
			return
		}
		// The chain's own error lists every provider; it says nothing that helps.
		v.add(Check{Name: "credentials", Code: FindNoCredentials, Detail: "no credentials were found",
			Hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"})
		return
	}
	v.ok("credentials", "found")
	if !v.bucket(ctx) {
		return
	}
	id := NewID()
	prefix := KeyVars{Prefix: v.store.At().Prefix, Room: "validate-" + id, Start: time.Now(), ID: id}
	key, err := prefix.Expand("")
	if err != nil {
		v.add(Check{Name: "options", Detail: err.Error()})
		return
	}
	// What the documented policy lets a recorder delete ends like this.
	v.write(ctx, key+liveSuffix)
}

// bucket tries to reach the bucket. A HEAD request has no body, so its refusals
// say little (even 404 can be about the key id): those that the next request
// explains are passed over.
func (v *validation) bucket(ctx context.Context) bool {
	var reached s3.Reached
	err := v.try(ctx, func() (err error) {
		reached, err = v.store.Reach(ctx)
		return err
	})
	found := Finding{}
	if err != nil {
		found = v.store.Diagnose(err)
	}
	switch {
	case err == nil:
		if region := reached.Region; region != "" && region != v.store.Region() && v.store.Settings().Endpoint == "" {
			v.add(Check{Name: "bucket", Code: FindRegion, Detail: fmt.Sprintf("the bucket is not in region %s, but in %s", v.store.Region(), region),
				Hint: "use --s3-region " + region})
			return false
		}
		v.ok("bucket", "%s answers", v.store.Host())
	case found.Code == FindRegion, found.Code == FindTLS, found.Code == FindDNS, found.Code == FindUnreachable:
		v.add(Check{Name: "bucket", Code: found.Code, Detail: found.Detail, Hint: found.Hint, Passing: passing(err) && found.Code != FindTLS})
		return false
	default:
		v.ok("bucket", "%s answers", v.store.Host())
	}
	if !reached.At.IsZero() {
		if off := time.Until(reached.At).Abs(); off > clockLimit {
			v.add(Check{Name: "clock", OK: true, Warn: true, Code: FindClock,
				Detail: fmt.Sprintf("the clock of this machine is %v off the store's", off.Round(time.Second)), Hint: "set the clock: timedatectl set-ntp true"})
		}
	}
	return true
}
