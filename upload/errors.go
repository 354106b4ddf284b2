package upload

import (
	"errors"

	"beam/upload/s3"
)

// Causes that are told apart inside the package.
var (
	errGaveUp    = errors.New("gave up after the time limit")
	errTaken     = errors.New("another object has this key")
	errVanished  = errors.New("the multipart upload is gone")
	errUncertain = errors.New("the bucket gives no checksum to compare with")
	errMismatch  = errors.New("the object differs from the file")
)

// errStale ends the sending of a part over the head, which is being rewritten.
var errStale error = staleError{}

type staleError struct{}

func (staleError) Error() string { return "the head is being rewritten" }

// Kind tells that the attempt became pointless.
func (staleError) Kind() s3.Kind { return s3.KindStopped }

// localError is a failure to read the recording; the bucket isn't to blame
// and trying again does not help.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// Kind tells that the bucket is not to blame.
func (e *localError) Kind() s3.Kind { return s3.KindLocal }
