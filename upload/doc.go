// Package upload brings a recording into an S3 bucket while it is recorded.
//
// It owns the multipart upload of one growing file: its parts, the journal
// beside the file, the heartbeat in the bucket, and what is done after a crash
// (RecoverFile from the machine's disk, RecoverBucket from the bucket alone). It
// also checks a bucket before a meeting (Validate).
//
// The file on disk is the only buffer: parts are read from it when they are
// sent, so a bucket that is down costs disk and never memory, and never holds
// up the recording. Nothing local is deleted but the journal, and that only
// when the object in the bucket is confirmed to have the size and the checksum
// of the file.
//
// What is sent and what is tried again is decided here; package s3 below makes
// the requests and tells what a failed one means. Between them stands Bucket,
// which a test can implement.
//
// It knows nothing of meetings and of MP4: it is told how many bytes are final
// (Advance), how large the head is that will be rewritten (Config.HeadSize), and when
// the file is finished (Finish). It imports nothing of Beam but s3, takes no
// credentials from its callers, and logs no secret.
package upload
