package s3

import (
	"net"
	"regexp"
	"strings"
)

// Target is a place in a bucket.
type Target struct {
	Bucket string
	Prefix string // without slashes at its ends; may be empty
}

// bucketName is the shape of general purpose bucket names (S3 User Guide,
// "General purpose bucket naming rules"). Upper case and underscores are
// allowed too, since other stores and old buckets have them.
var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$`)

// Parse reads s3://BUCKET or s3://BUCKET/PREFIX. Its error is an *Error of
// ClassUsage.
func Parse(s string) (Target, error) {
	const example = "for example: s3://my-recordings/team-a"
	rest, ok := strings.CutPrefix(s, "s3://")
	switch {
	case s == "":
		return Target{}, Usagef(example, "no bucket")
	case !ok && strings.Contains(s, "://"):
		return Target{}, Usagef(example+"; give the address of a store with --s3-endpoint", "%q is not an s3:// address", s)
	case !ok:
		return Target{}, Usagef(example, "%q does not begin with s3://", s)
	}
	bucket, prefix, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(bucket, "@"):
		// Not quoted: this is where people put keys.
		return Target{}, Usagef("credentials come from the environment or the shared config file", "the bucket must not hold credentials")
	case bucket == "":
		return Target{}, Usagef(example, "%q names no bucket", s)
	case !bucketName.MatchString(bucket) || strings.Contains(bucket, ".."):
		return Target{}, Usagef("3 to 63 letters, digits, dots and hyphens", "%q is not a bucket name", bucket)
	case net.ParseIP(bucket) != nil:
		return Target{}, Usagef("give the address of a store with --s3-endpoint", "%q is an IP address, not a bucket name", bucket)
	}
	prefix = strings.Trim(prefix, "/")
	if err := CheckKey(prefix); err != nil {
		return Target{}, Usagef("", "prefix %q: %w", prefix, err)
	}
	return Target{Bucket: bucket, Prefix: prefix}, nil
}

// String returns the target as s3://BUCKET/PREFIX.
func (t Target) String() string {
	if t.Prefix == "" {
		return "s3://" + t.Bucket
	}
	return "s3://" + t.Bucket + "/" + t.Prefix
}

// ObjectURL returns the address of an object as s3://BUCKET/KEY.
func (t Target) ObjectURL(key string) string { return "s3://" + t.Bucket + "/" + key }
