package upload

import (
	"context"
	"encoding/json"
	"fmt"
)

// maxJSONAttempts bounds how long PutJSON tries: the manifest must not hold up
// the end of a recording for long.
const maxJSONAttempts = 5

// PutJSON writes v as JSON to key, such as the manifest beside a recording. It
// replaces what is there. The error is an *Error of ClassUpload.
func (s *Store) PutJSON(ctx context.Context, key string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return &Error{Class: ClassUpload, Op: "write " + objectURL(s, key), Err: err}
	}
	return s.Put(ctx, key, "application/json", append(data, '\n'))
}

// Put writes a small object, and tries again where that may help. The error is
// an *Error of ClassUpload.
func (s *Store) Put(ctx context.Context, key, contentType string, data []byte) error {
	for n := 0; ; n++ {
		err := s.put(ctx, key, contentType, nil, data)
		if err == nil {
			return nil
		}
		k := classify(err)
		if k == kindExpired {
			s.expireCredentials()
		}
		again := k == kindRetry || k == kindSkew || k == kindExpired
		if ctx.Err() != nil || !again || n+1 == maxJSONAttempts {
			return &Error{Class: ClassUpload, Op: "write " + objectURL(s, key), Err: err, Hint: diagnose(err, s).Hint}
		}
		if err := sleep(ctx, jitter(s.Options.BackoffBase, s.Options.BackoffCap, n)); err != nil {
			return &Error{Class: ClassUpload, Op: "write " + objectURL(s, key), Err: fmt.Errorf("%w", err)}
		}
	}
}
