package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"beam/beam"
	"beam/upload"
)

// storeFlags adds the flags that say how to talk to the store.
func storeFlags(f *pflag.FlagSet, s *beam.Storage) {
	f.StringVar(&s.Region, "s3-region", "", "region of the bucket (default that of the AWS configuration, else us-east-1)")
	f.StringVar(&s.Endpoint, "s3-endpoint", "", "address of a store other than AWS: https://minio.example.com:9000")
	f.BoolVar(&s.PathStyle, "s3-path-style", false, "put the bucket's name into the path of the address, not before its host")
	f.StringVar(&s.CAFile, "s3-ca-file", "", "PEM file of further certificates to trust")
	f.StringVar(&s.SSE, "s3-sse", "", "encryption at the store: AES256 or aws:kms")
	f.StringVar(&s.KMSKeyID, "s3-kms-key", "", "KMS key, with --s3-sse aws:kms")
	f.StringVar(&s.StorageClass, "s3-storage-class", "", "storage class of the object (default the bucket's)")
	f.StringToStringVar(&s.Tags, "s3-tag", nil, "tag of the object, NAME=VALUE; can be repeated")
	f.DurationVar(&s.Heartbeat, "s3-heartbeat", 0, "how often to show in the bucket that the recorder lives (default 20s)")
	f.DurationVar(&s.Refusal, "s3-refusal-time", 0, "how long the bucket may refuse before the backup takes over (default 90s)")
	// Only tests and stores that charge for each request need them.
	_ = f.MarkHidden("s3-heartbeat")
	_ = f.MarkHidden("s3-refusal-time")
	f.BoolVar(&s.NoLive, "s3-no-live-object", false, "write no object that shows that the recorder lives")
	f.IntVar(&s.PartSize, "s3-part-size", 0, "size of all parts in MiB, for a store that wants equal ones (default growing parts from 8)")
	f.StringVar(&s.Profile, "s3-profile", "", "profile of the AWS configuration (default AWS_PROFILE)")
}

// bucketFlags adds the flags that say where recordings go.
func bucketFlags(f *pflag.FlagSet, s *beam.Storage) {
	f.StringVar(&s.Bucket, "bucket", "", "where the recording goes: s3://BUCKET/PREFIX (default stays on the disk)")
	f.StringVar(&s.Key, "key", "", "key of the object (default "+upload.DefaultKey+")")
	f.BoolVar(&s.DeleteLocal, "delete-local", false, "delete the local MP4 once the object is confirmed; the report stays")
	f.DurationVar(&s.Timeout, "upload-timeout", 15*time.Minute, "how long a finished recording waits for a bucket that does not answer")
}

// uploadFlags adds the flags of a recording that goes to a bucket.
func uploadFlags(f *pflag.FlagSet, s *beam.Storage) {
	bucketFlags(f, s)
	f.StringVar(&s.BackupBucket, "backup-bucket", "", "takes over when --bucket refuses, or does not answer for long: s3://BUCKET/PREFIX")
	f.StringVar(&s.Backup.Region, "backup-region", "", "region of the backup bucket (default --s3-region)")
	f.StringVar(&s.Backup.Endpoint, "backup-endpoint", "", "address of the backup's store (default --s3-endpoint)")
	f.BoolVar(&s.Backup.PathStyle, "backup-path-style", false, "--s3-path-style for the backup's store")
	f.StringVar(&s.Backup.CAFile, "backup-ca-file", "", "PEM file of certificates to trust for the backup's store (default --s3-ca-file)")
	f.StringVar(&s.Backup.Profile, "backup-profile", "", "profile of the AWS configuration with the backup's credentials (default --s3-profile)")
	f.StringVar(&s.Backup.KMSKeyID, "backup-kms-key", "", "KMS key of the backup bucket")
	storeFlags(f, s)
}

// uploadText is how an upload stands, for the live line.
func uploadText(u *beam.UploadProgress) string {
	if u.Waiting >= 1 {
		return fmt.Sprintf("upload waiting %v", time.Duration(u.Waiting)*time.Second)
	}
	return "up " + size(u.Uploaded)
}

// statusLine is the live line in the given state.
func statusLine(state beam.State, p *beam.Progress) string {
	if state == beam.StateUploading && p.Upload != nil {
		return uploadLine(p.Upload)
	}
	return progressLine(p)
}

// uploadLine is the live line of the upload of a finished file.
func uploadLine(u *beam.UploadProgress) string {
	line := fmt.Sprintf("UP  %s of %s", size(u.Uploaded), size(u.Total))
	switch {
	case u.Waiting >= 1:
		line += fmt.Sprintf("  waiting %v for the bucket", time.Duration(u.Waiting)*time.Second)
	case u.State == string(upload.StateCompleting):
		line += "  completing"
	}
	return line
}

// uploadedText tells of an object that was made.
func uploadedText(u *beam.UploadReport) string {
	text := fmt.Sprintf("%s: %s, %d parts, in %.1f s", u.URL, size(u.Bytes), u.Parts, u.Seconds)
	if u.Parts == 1 {
		text = fmt.Sprintf("%s: %s, in %.1f s", u.URL, size(u.Bytes), u.Seconds)
	}
	text += ", confirmed by " + u.Confirmed
	if u.Retries > 0 {
		text += fmt.Sprintf(", %d requests repeated", u.Retries)
	}
	if u.Backup {
		text += ", in the backup bucket"
	}
	if u.LocalDeleted {
		text += "; local file deleted"
	}
	return text
}
