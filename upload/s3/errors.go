package s3

import (
	"errors"
	"fmt"
)

// The classes of errors that this package and package upload return.
const (
	ClassUsage  = "usage"  // options, target or bucket can't work; nothing was recorded yet
	ClassUpload = "upload" // not uploaded; the local file and its journal are kept
)

// Error is the error that crosses the border of this package and of package upload.
type Error struct {
	Class string
	Op    string // what was being done, lower case: "upload part 3"
	Hint  string // what the user can do about it; may be empty
	Err   error  // the cause
}

// Error returns the operation and its cause, without the hint.
func (e *Error) Error() string {
	switch {
	case e.Err == nil:
		return e.Op
	case e.Op == "":
		return e.Err.Error()
	}
	return fmt.Sprintf("%s: %v", e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// FaultClass returns the class, for whoever maps classes without importing
// this package.
func (e *Error) FaultClass() string { return e.Class }

// FaultHint returns what the user can do about it, or "".
func (e *Error) FaultHint() string { return e.Hint }

// Usagef makes the error for something that the user has to change.
func Usagef(hint, format string, args ...any) error {
	return &Error{Class: ClassUsage, Err: fmt.Errorf(format, args...), Hint: hint}
}

// ErrStalled is the failure of a request that moved nothing for too long.
var ErrStalled = errors.New("no byte moved within the time limit")
