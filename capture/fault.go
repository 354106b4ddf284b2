package capture

import "fmt"

// Class tells what kind of thing went wrong; the command line maps each class
// to one exit code.
type Class string

// The classes of faults that capture can return.
const (
	ClassUsage       Class = "usage"       // the caller's options can't work
	ClassEnvironment Class = "environment" // Chrome, ffmpeg, PulseAudio or Xvfb is missing or won't start
	ClassRoom        Class = "room"        // the page refused, failed to load or never became ready
	ClassBrowser     Class = "browser"     // Chrome or its page was lost after it had been ready
	ClassAudio       Class = "audio"       // PulseAudio was lost
	ClassEncoder     Class = "encoder"     // ffmpeg failed, or its output could not be written
	ClassInternal    Class = "internal"    // a defect of Beam itself
)

// Fault is the error that crosses the borders of packages.
type Fault struct {
	Class Class
	Op    string // what was being done, lower case: "start chromium"
	Hint  string // what the user can do about it; may be empty
	Err   error  // the cause
	// Passing tells that the same may succeed when it is tried again: a network
	// that failed, a server that is starting, a browser that crashed.
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

// FaultClass returns the class as text, for whoever maps classes without
// importing this package.
func (f *Fault) FaultClass() string { return string(f.Class) }

// FaultHint returns what the user can do about it, or "".
func (f *Fault) FaultHint() string { return f.Hint }
