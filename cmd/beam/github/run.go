package github

import (
	"errors"
	"fmt"
	"time"

	"beam/beam"
	"beam/beam/expect"
)

// Run is a recording as its workflow is told of it.
type Run struct {
	Page   string       // its address, without what is secret in it
	Report *beam.Report // nil where nothing was recorded
	Err    error        // why the recording failed, or is not what was expected
	Code   int          // the exit code
	JUnit  string       // path of the JUnit report; "" for none
}

// broken returns the expectations that failed.
func (r Run) broken() []expect.Outcome {
	if r.Report == nil {
		return nil
	}
	return expect.Failed(r.Report.Expectations)
}

// fault returns the class, the text and the hint of what made the recording fail;
// false where nothing did. Broken expectations are told one by one, not as a fault.
func (r Run) fault() (class, text, hint string, ok bool) {
	var broken *expect.Broken
	if r.Err == nil || errors.As(r.Err, &broken) {
		return "", "", "", false
	}
	class = "error"
	var f interface {
		error
		FaultClass() string
		FaultHint() string
	}
	if errors.As(r.Err, &f) {
		class, hint = f.FaultClass(), f.FaultHint()
	}
	return class, r.Err.Error(), hint, true
}

// degraded returns why the recording is less than was asked for.
func (r Run) degraded() []string {
	if r.Report == nil {
		return nil
	}
	return r.Report.Degraded
}

// instant returns a time of a recording as players show it: 1:02.5.
func instant(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond)
	minutes, rest := int(d/time.Minute), (d % time.Minute).Seconds()
	if minutes < 60 {
		return fmt.Sprintf("%d:%04.1f", minutes, rest)
	}
	return fmt.Sprintf("%d:%02d:%04.1f", minutes/60, minutes%60, rest)
}
