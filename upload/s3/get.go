package s3

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// localWrite is the error of a destination that does not take what was read.
type localWrite struct{ err error }

func (e *localWrite) Error() string { return e.err.Error() }
func (e *localWrite) Unwrap() error { return e.err }

// Get reads an object from the byte from on into w, once, and returns how many bytes
// w has taken. With an ETag it refuses another object than that one (412).
func (s *Store) Get(ctx context.Context, key, etag string, from int64, w io.Writer) (n int64, err error) {
	in := &s3.GetObjectInput{Bucket: &s.Target.Bucket, Key: &key}
	if etag != "" {
		in.IfMatch = &etag
	}
	if from > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", from))
	}
	err = s.once(ctx, s.Options.RequestTimeout, func(ctx context.Context, touch func(bool)) error {
		out, err := s.client.GetObject(ctx, in)
		if err != nil {
			return err
		}
		defer out.Body.Close()
		buffer := make([]byte, 256<<10)
		for {
			got, err := out.Body.Read(buffer)
			touch(false)
			if got > 0 {
				if _, err := w.Write(buffer[:got]); err != nil {
					return &localWrite{err}
				}
				n += int64(got)
			}
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case err != nil:
				return err
			}
		}
	})
	return n, err
}

// Download reads a whole object of size bytes into w, and goes on where it was
// interrupted as long as that helps. The error is an *Error of ClassUpload.
func (s *Store) Download(ctx context.Context, key string, info ObjectInfo, w io.Writer) error {
	var done int64
	for n := 0; done < info.Size; n++ {
		got, err := s.Get(ctx, key, info.ETag, done, w)
		if done += got; got > 0 {
			n = 0
		}
		if err == nil && got > 0 {
			continue
		}
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		k := Classify(err)
		if k == KindExpired {
			s.ExpireCredentials()
		}
		var local *localWrite
		again := k == KindRetry || k == KindSkew || k == KindExpired || errors.Is(err, io.ErrUnexpectedEOF)
		if ctx.Err() != nil || errors.As(err, &local) || !again || n+1 >= maxJSONAttempts {
			return &Error{Class: ClassUpload, Op: "read " + s.Target.ObjectURL(key), Err: err, Hint: s.Diagnose(err).Hint}
		}
		if err := Sleep(ctx, Jitter(s.Options.BackoffBase, s.Options.BackoffCap, n)); err != nil {
			return &Error{Class: ClassUpload, Op: "read " + s.Target.ObjectURL(key), Err: fmt.Errorf("%w", err)}
		}
	}
	return nil
}
