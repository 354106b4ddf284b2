package upload

import (
	"errors"

	"golang.org/x/sys/unix"

	"beam/upload/s3"
)

// Causes that are told apart inside the package.
var (
	errGaveUp    = errors.New("gave up after the time limit")
	errOutage    = errors.New("the bucket has not answered for long")
	errLowered   = errors.New("the store refuses the checksum")
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

// localError is a failure to read the recording; the bucket isn't to blame.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// Kind tells that the bucket is not to blame, and whether trying again may help.
func (e *localError) Kind() s3.Kind {
	if passingLocal(e.err) {
		return s3.KindRetry
	}
	return s3.KindLocal
}

// passingLocal tells whether what the machine lacks may be there again in a
// moment: descriptors, memory, a disk that hiccups, a network file system that
// was mounted anew.
func passingLocal(err error) bool {
	for _, e := range []error{unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EIO, unix.ESTALE, unix.EINTR, unix.EAGAIN} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// damagedError is a part that the store finds damaged again and again: without
// the checksum it may take it.
type damagedError struct{ err error }

func (e *damagedError) Error() string { return e.err.Error() }
func (e *damagedError) Unwrap() error { return e.err }

// Kind tells that the store reckons the checksum otherwise.
func (e *damagedError) Kind() s3.Kind { return s3.KindUnsupported }
