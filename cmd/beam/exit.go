package main

import (
	"errors"
	"fmt"
	"strings"

	"beam/beam/expect"
)

// The exit codes are part of the interface.
const (
	exitComplete    = 0
	exitInternal    = 1
	exitUsage       = 2
	exitDegraded    = 3
	exitBroken      = 4
	exitEnvironment = 10
	exitRoom        = 11
	exitEmpty       = 12
	exitBrowser     = 20
	exitAudio       = 21
	exitEncoder     = 22
	exitUpload      = 30
)

// exitCodes maps the classes of faults to exit codes.
var exitCodes = map[string]int{
	"usage":       exitUsage,
	expect.Class:  exitBroken,
	"environment": exitEnvironment,
	"room":        exitRoom,
	"empty":       exitEmpty,
	"browser":     exitBrowser,
	"audio":       exitAudio,
	"encoder":     exitEncoder,
	"upload":      exitUpload,
}

const exitHelp = `Exit codes:
  0    complete; with a bucket, the object's size and checksum are confirmed
  1    fault of beam itself
  2    usage or configuration; nothing was started
  3    saved, but degraded: the report says how
  4    saved, but an expectation (--expect-audio and the like) is broken
  10   environment: Chrome, ffmpeg, PulseAudio or Xvfb is missing or won't start
  11   the room refused, or never became ready
  12   nothing worth keeping was recorded
  20   browser lost      } what was recorded until then
  21   sound lost        } is kept and finished
  22   encoder failed    }
  30   not uploaded, or the bucket can't be reached: file and journal are kept
  130, 143  ended at once by a second signal
`

// faulty is implemented by the errors of beam and of the packages below it.
type faulty interface {
	error
	FaultClass() string
	FaultHint() string
}

// errDegraded is the error of a recording that was saved, but is less than what
// was asked for.
type errDegraded struct{ why []string }

func (e *errDegraded) Error() string { return "saved, but degraded: " + strings.Join(e.why, "; ") }

// usageError is an error in the command line.
type usageError struct{ error }

func (usageError) FaultClass() string { return "usage" }
func (usageError) FaultHint() string  { return "" }
func (e usageError) Unwrap() error    { return e.error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// exitCode returns the exit code for what a command returned. It is the only
// place that maps errors to codes.
func exitCode(err error) int {
	var degraded *errDegraded
	var fault faulty
	switch {
	case err == nil:
		return exitComplete
	case errors.As(err, &degraded):
		return exitDegraded
	case errors.As(err, &fault):
		if code, known := exitCodes[fault.FaultClass()]; known {
			return code
		}
	}
	return exitInternal
}
