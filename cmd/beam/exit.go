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

// classDegraded is the class of a recording that was saved, but is less than
// what was asked for. No package below has it: they return a report.
const classDegraded = "degraded"

// exits is the one table of classes and exit codes: what a command returns is
// looked up in it, --help prints it, and a test holds it against the classes of
// all packages and against docs/exit-codes.md.
var exits = []struct {
	code  int
	class string // of the fault; "" for no fault
	means string
}{
	{exitComplete, "", "complete; with a bucket, the object's size and checksum are confirmed"},
	{exitInternal, "internal", "fault of beam itself"},
	{exitUsage, "usage", "usage or configuration; nothing was started"},
	{exitDegraded, classDegraded, "saved, but degraded: the report says how"},
	{exitBroken, expect.Class, "saved, but an expectation (--expect-audio and the like) is broken"},
	{exitEnvironment, "environment", "environment: Chrome, ffmpeg, PulseAudio or Xvfb is missing or won't start"},
	{exitRoom, "room", "the room refused, or never became ready"},
	{exitEmpty, "empty", "nothing worth keeping was recorded"},
	{exitBrowser, "browser", "browser lost; what was recorded until then is kept and finished"},
	{exitAudio, "audio", "audio lost; what was recorded until then is kept and finished"},
	{exitEncoder, "encoder", "encoder failed; what was recorded until then is kept and finished"},
	{exitUpload, "upload", "not uploaded, or the bucket can't be reached: file and journal are kept"},
}

// exitHelp is the table as the help of beam prints it. It is indented as a block
// of code, which the man page keeps as it is.
func exitHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes:\n\n")
	for _, e := range exits {
		fmt.Fprintf(&b, "    %-8d  %s\n", e.code, e.means)
	}
	fmt.Fprintf(&b, "    %-8s  %s\n", "130, 143", "ended at once by a second signal, SIGINT or SIGTERM")
	return b.String()
}

// faulty is implemented by the errors of beam and of the packages below it.
type faulty interface {
	error
	FaultClass() string
	FaultHint() string
}

// errDegraded is the error of a recording that was saved, but is less than what
// was asked for.
type errDegraded struct{ why []string }

func (e *errDegraded) Error() string    { return "saved, but degraded: " + strings.Join(e.why, "; ") }
func (*errDegraded) FaultClass() string { return classDegraded }
func (*errDegraded) FaultHint() string  { return "" }

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
	if err == nil {
		return exitComplete
	}
	var fault faulty
	if errors.As(err, &fault) {
		for _, e := range exits {
			if e.class != "" && e.class == fault.FaultClass() {
				return e.code
			}
		}
	}
	return exitInternal
}
