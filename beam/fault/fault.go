package fault

import (
	"errors"
	"fmt"

	"beam/capture"
)

// Class is what kind of thing went wrong; the command line maps each to an exit
// code.
type Class = capture.Class

// The classes of faults: those of capture, and what only a recording adds.
const (
	ClassUsage       = capture.ClassUsage       // the configuration can't work; nothing was started
	ClassEnvironment = capture.ClassEnvironment // Chrome, ffmpeg, PulseAudio or Xvfb is missing or won't start
	ClassRoom        = capture.ClassRoom        // the room refused or never became ready
	ClassBrowser     = capture.ClassBrowser     // Chrome or its page was lost after it had been ready
	ClassAudio       = capture.ClassAudio       // PulseAudio was lost
	ClassEncoder     = capture.ClassEncoder     // the file could not be written
	ClassInternal    = capture.ClassInternal    // a defect of Beam itself

	ClassEmpty  Class = "empty"  // nothing worth keeping was recorded
	ClassUpload Class = "upload" // not in the bucket; the local file and its journal are kept
)

// Fault is an error with a class and a hint for the user: the same type as that
// of capture, so that a fault is one thing wherever it comes from.
type Fault = capture.Fault

// Refuse makes the error for a configuration that can't work.
func Refuse(hint, format string, args ...any) error {
	return &Fault{Class: ClassUsage, Err: fmt.Errorf(format, args...), Hint: hint}
}

// hinted and classed are implemented by the faults of all packages, also of those
// that do not import capture.
type (
	hinted  interface{ FaultHint() string }
	classed interface{ FaultClass() string }
)

// Hint returns the hint of a fault, "" without one.
func Hint(err error) string {
	var h hinted
	if errors.As(err, &h) {
		return h.FaultHint()
	}
	return ""
}

// ClassOf returns the class of a fault, "" for an error that is none.
func ClassOf(err error) Class {
	var c classed
	if errors.As(err, &c) {
		return Class(c.FaultClass())
	}
	return ""
}

// retryable is implemented by faults that may pass when tried again.
type retryable interface{ Retryable() bool }

// Retryable tells whether the same may succeed when it is tried again.
func Retryable(err error) bool {
	var r retryable
	return errors.As(err, &r) && r.Retryable()
}

// First returns the first error that is one.
func First(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
