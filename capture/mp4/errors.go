package mp4

import (
	"errors"
	"fmt"

	"beam/capture"
)

// What can be wrong with a recording.
var (
	// ErrNoMedia means that there is no whole fragment with a sample in it:
	// nothing was recorded, so there is nothing to finish.
	ErrNoMedia = errors.New("no media recorded")
	// ErrMalformed means that bytes don't follow ISO/IEC 14496-12.
	ErrMalformed = errors.New("malformed mp4")
	// ErrUnsupported means valid MP4 that this package doesn't handle, such as
	// a stream without fragments.
	ErrUnsupported = errors.New("unsupported mp4")
	// ErrIncompatible means that a second encoder's tracks differ from the
	// first one's in number, kind or timescale, so one file can't hold both.
	ErrIncompatible = errors.New("tracks differ from those recorded so far")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// fault gives an error the class that the command line knows. An error that
// has one already keeps it.
func fault(op string, err error) error {
	if err == nil {
		return nil
	}
	var f *capture.Fault
	if errors.As(err, &f) {
		return err
	}
	return &capture.Fault{Class: capture.ClassEncoder, Op: op, Hint: hint(err), Err: err}
}

func hint(err error) string {
	switch {
	case errors.Is(err, ErrNoMedia):
		return "the recording ended before its first fragment; there is nothing to keep"
	case errors.Is(err, ErrUnsupported):
		return "let ffmpeg write -movflags frag_keyframe+empty_moov+default_base_moof"
	case errors.Is(err, ErrIncompatible):
		return "start the second encoder with the arguments of the first, or record into a new file"
	default:
		return ""
	}
}
