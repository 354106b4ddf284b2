package s3

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

const (
	maxKey = 1024 // bytes (S3 User Guide, "Naming Amazon S3 objects")
	// besideKey is how much longer the key of an object beside a recording may
	// be: that of upload.Live has 24 bytes more.
	besideKey = 31
)

// CheckKey refuses keys that S3 refuses, and those that tools and file systems
// behind a store would take for something else.
func CheckKey(key string) error {
	switch {
	case len(key) > maxKey-besideKey:
		return errors.New("too long")
	case strings.ContainsFunc(key, unicode.IsControl):
		return errors.New("it has a control character")
	case strings.Contains(key, "\\"):
		return errors.New("it has a backslash")
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("it has the segment %q", segment)
		}
	}
	return nil
}
