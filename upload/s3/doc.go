// Package s3 speaks to a bucket: the requests of a multipart upload and a few
// others, what a failed one means for whoever sent it (Classify)
// and for whoever set up the bucket (Store.Diagnose), and the options and
// addresses of stores that speak the S3 protocol.
//
// It is the only importer of the AWS SDK but for tests, and none of its types is
// in what this package exports. It keeps no state of an upload, only which
// checksum a store takes (Ladder). Each request is sent once, but for small objects
// (Store.Put) and for what removes something: package upload decides what is sent
// when, and what is tried again. It takes no credentials from its callers, and
// logs no secret.
package s3
