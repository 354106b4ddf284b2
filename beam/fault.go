package beam

import "fmt"

// The classes of faults that this package adds to those of capture.
const (
	ClassUsage    = "usage"    // the configuration can't work; nothing was started
	ClassInternal = "internal" // a fault of Beam itself
	ClassRoom     = "room"     // the room refused or never became ready
	ClassEmpty    = "empty"    // nothing worth keeping was recorded
	ClassEncoder  = "encoder"  // the file could not be written
	ClassUpload   = "upload"   // not in the bucket; the local file and its journal are kept
)

// Fault is an error with a class, which the command line maps to an exit code,
// and a hint for the user. The faults of capture have the same methods.
type Fault struct {
	Class string
	Op    string
	Hint  string // may be empty
	Err   error
	// Passing tells that the same may succeed when it is tried again.
	Passing bool
}

// Retryable tells whether the same may succeed when it is tried again.
func (f *Fault) Retryable() bool { return f.Passing }

// Error returns the operation and its cause, without the hint.
func (f *Fault) Error() string {
	switch {
	case f.Err == nil:
		return f.Op
	case f.Op == "":
		return f.Err.Error()
	}
	return fmt.Sprintf("%s: %v", f.Op, f.Err)
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// FaultClass returns the class.
func (f *Fault) FaultClass() string { return f.Class }

// FaultHint returns what the user can do about it, or "".
func (f *Fault) FaultHint() string { return f.Hint }

// refuse makes the error for a configuration that can't work.
func refuse(hint, format string, args ...any) error {
	return &Fault{Class: ClassUsage, Err: fmt.Errorf(format, args...), Hint: hint}
}
