package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// LongestPresign is how long a presigned address can be good for (Signature
// Version 4, X-Amz-Expires).
const LongestPresign = 7 * 24 * time.Hour

// Presign returns an address at which anybody can read an object for the time d, at
// most LongestPresign, and until when that is: no longer than the credentials are
// good for with which it is signed. Nothing is sent. The address is a secret. The
// error is an *Error of ClassUpload.
func (s *Store) Presign(ctx context.Context, key string, d time.Duration) (address string, until time.Time, err error) {
	until = time.Now().Add(d)
	c, err := s.credentials.Retrieve(ctx)
	if err == nil {
		client := s3.NewPresignClient(s.client, s3.WithPresignExpires(d), s3.WithPresignClientFromClientOptions(func(o *s3.Options) {
			// What is done to a request before it is signed has no place here.
			o.APIOptions = []func(*middleware.Stack) error{}
		}))
		request, failed := client.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &s.Target.Bucket, Key: &key})
		if err = failed; err == nil {
			address = request.URL
		}
	}
	if err != nil {
		return "", until, &Error{Class: ClassUpload, Op: "sign an address of " + s.Target.ObjectURL(key), Err: err, Hint: s.Diagnose(err).Hint}
	}
	if c.CanExpire && c.Expires.Before(until) {
		until = c.Expires
	}
	return address, until, nil
}
