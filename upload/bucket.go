package upload

import (
	"context"
	"io"
	"log/slog"

	"beam/upload/s3"
)

// Bucket is what an upload needs of a place: the requests, each of which is sent
// once or, where it removes something, a few times, and what a failed one means.
// *s3.Store is one. Its methods are safe for concurrent use. A test can make
// another; its errors say by a method Kind() s3.Kind what to do about them, and by
// HTTPStatusCode() int what the answer was, if that matters.
type Bucket interface {
	At() s3.Target
	Settings() s3.Options // with the defaults filled in
	// Checksums returns which checksum the bucket takes, for Create and the parts.
	Checksums() *s3.Ladder
	// ExpireCredentials makes the next request read the credentials anew.
	ExpireCredentials()
	// Diagnose says what a failed request means to the person who set up the
	// bucket.
	Diagnose(err error) s3.Finding

	Create(ctx context.Context, key, contentType string, metadata map[string]string, checksum string) (id, kept string, err error)
	UploadPart(ctx context.Context, key, id, checksum string, part s3.Part, section *io.SectionReader) (etag string, err error)
	ListParts(ctx context.Context, key, id string) (parts []s3.Listed, checksum string, err error)
	// Complete never replaces an object, unless the Completion is Plain.
	Complete(ctx context.Context, c s3.Completion) (s3.ObjectInfo, error)
	Abort(ctx context.Context, key, id string) error
	ListUploads(ctx context.Context, prefix string) ([]s3.Unfinished, error)

	// Head looks at an object. ObjectInfo.Now is set even when there is none.
	Head(ctx context.Context, key string) (s3.ObjectInfo, error)
	PutOnce(ctx context.Context, key, contentType string, metadata map[string]string, data []byte) error
	Delete(ctx context.Context, key string) error
}

var _ Bucket = (*s3.Store)(nil)

// What callers need of package s3 goes by these names too, so that they need to
// know only this package.
type (
	Store   = s3.Store
	Target  = s3.Target
	Options = s3.Options
	Error   = s3.Error
	Finding = s3.Finding
)

// The classes of errors that this package returns.
const (
	ClassUsage  = s3.ClassUsage
	ClassUpload = s3.ClassUpload
)

// LongestPresign is how long a presigned address can be good for.
const LongestPresign = s3.LongestPresign

// Limits of uploads, in bytes.
const (
	MinPartSize   = s3.MinPartSize
	MaxObjectSize = s3.MaxObjectSize
)

// Open prepares a target for use; see s3.Open.
func Open(ctx context.Context, target Target, options Options, log *slog.Logger) (*Store, error) {
	return s3.Open(ctx, target, options, log)
}

// Parse reads s3://BUCKET or s3://BUCKET/PREFIX; see s3.Parse.
func Parse(s string) (Target, error) { return s3.Parse(s) }

// planOf returns the parts of uploads to a bucket.
func planOf(b Bucket) Plan { return Plan{Size: b.Settings().PartSize} }

func objectURL(b Bucket, key string) string { return b.At().ObjectURL(key) }

// The codes of findings; see the constants of package s3.
const (
	FindNoCredentials = s3.FindNoCredentials
	FindKeyID         = s3.FindKeyID
	FindSecret        = s3.FindSecret
	FindClock         = s3.FindClock
	FindExpired       = s3.FindExpired
	FindToken         = s3.FindToken
	FindNoBucket      = s3.FindNoBucket
	FindRegion        = s3.FindRegion
	FindDenied        = s3.FindDenied
	FindKMS           = s3.FindKMS
	FindTLS           = s3.FindTLS
	FindDNS           = s3.FindDNS
	FindUnreachable   = s3.FindUnreachable
	FindBusy          = s3.FindBusy
	FindOther         = s3.FindOther
)
