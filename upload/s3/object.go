package s3

import (
	"context"
	"encoding/json"
	"errors"
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
		return &Error{Class: ClassUpload, Op: "write " + s.Target.ObjectURL(key), Err: err}
	}
	return s.Put(ctx, key, "application/json", append(data, '\n'))
}

// Put writes a small object, and tries again where that may help. The error is
// an *Error of ClassUpload.
func (s *Store) Put(ctx context.Context, key, contentType string, data []byte) error {
	for n := 0; ; n++ {
		err := s.PutOnce(ctx, key, contentType, nil, data)
		if err == nil {
			return nil
		}
		k := Classify(err)
		if k == KindExpired {
			s.ExpireCredentials()
		}
		again := k == KindRetry || k == KindSkew || k == KindExpired
		if ctx.Err() != nil || !again || n+1 == maxJSONAttempts {
			return &Error{Class: ClassUpload, Op: "write " + s.Target.ObjectURL(key), Err: err, Hint: s.Diagnose(err).Hint}
		}
		if err := Sleep(ctx, Jitter(s.Options.BackoffBase, s.Options.BackoffCap, n)); err != nil {
			return &Error{Class: ClassUpload, Op: "write " + s.Target.ObjectURL(key), Err: fmt.Errorf("%w", err)}
		}
	}
}

// again repeats a small request that removes something, a few times: a store that
// is busy must not make litter of it.
func (s *Store) again(ctx context.Context, request func() error) error {
	refused := false
	for n := 0; ; n++ {
		err := request()
		again := Classify(err) == KindRetry && !errors.Is(err, ErrStalled)
		if k := Classify(err); (k == KindRefused || k == KindExpired || k == KindSkew) && !refused {
			// A store that was not used for long may still have keys that were replaced.
			s.ExpireCredentials()
			refused, again = true, true
		}
		if err == nil || !again || ctx.Err() != nil || n+1 == maxJSONAttempts {
			return err
		}
		if err := Sleep(ctx, Jitter(s.Options.BackoffBase, s.Options.BackoffCap, n)); err != nil {
			return err
		}
	}
}
