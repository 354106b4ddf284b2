package storage

import (
	"maps"
	"time"

	"beam/beam/fault"
	"beam/upload"
)

// Settings says where a recording goes besides the local disk. The zero value
// means nowhere. Credentials are not part of it: they come from the AWS chain.
type Settings struct {
	Bucket       string // s3://BUCKET/PREFIX; "" for no upload
	BackupBucket string // takes over when Bucket refuses, or does not answer for long
	Backup       Backup // how the backup's store differs from that of Bucket
	Key          string // template of the object's key; "" for upload.DefaultKey

	Region       string
	Endpoint     string // URL of a store other than AWS
	PathStyle    bool
	CAFile       string
	SSE          string
	KMSKeyID     string
	StorageClass string
	Tags         map[string]string

	// DeleteLocal removes the local MP4 once HeadObject has confirmed the object.
	DeleteLocal bool
	// Timeout is how long a finished recording waits for a bucket that does not
	// answer; 0 for 15 minutes.
	Timeout time.Duration
	// Heartbeat is how often the live object is refreshed; 0 for 20 s.
	Heartbeat time.Duration
	// Refusal is how long the bucket may refuse before that counts; 0 for 90 s.
	Refusal time.Duration
	// NoLive writes no live object: to beam recover s3://... the recorder then
	// counts as alive as long as parts come.
	NoLive bool
	// PartSize makes all parts of this many MiB; 0 for parts that grow.
	PartSize int
	Profile  string // of the AWS configuration; "" for AWS_PROFILE
}

// Backup is how the store of the backup bucket differs from the other one. What
// is empty is as there, but for the KMS key, which belongs to a region.
type Backup struct {
	Region, Endpoint, CAFile, Profile, KMSKeyID string
	PathStyle                                   bool
}

// Check checks the storage without any network.
func (s Settings) Check() error {
	if s.Bucket == "" {
		switch {
		case s.BackupBucket != "":
			return fault.Refuse("give --bucket too", "--backup-bucket is given, but no --bucket")
		case s.Backup != (Backup{}):
			return fault.Refuse("give --bucket and --backup-bucket", "a --backup- flag is given, but no --bucket")
		case s.DeleteLocal:
			return fault.Refuse("give --bucket too", "--delete-local would leave no recording at all without a --bucket")
		}
	}
	if s.Timeout < 0 {
		return fault.Refuse("", "--upload-timeout is %v; it has to be more than nothing", s.Timeout)
	}
	if s.Backup != (Backup{}) && s.BackupBucket == "" {
		return fault.Refuse("give --backup-bucket too", "a --backup- flag is given, but no --backup-bucket")
	}
	if s.PartSize < 0 || s.PartSize > 5<<10 || s.PartSize > 0 && s.PartSize < 5 {
		return fault.Refuse("", "--s3-part-size is %d MiB; it can be from 5 to 5120", s.PartSize)
	}
	if s.Heartbeat != 0 && s.Heartbeat < time.Second {
		return fault.Refuse("", "--s3-heartbeat is %v; it can be from 1s", s.Heartbeat)
	}
	targets, err := s.targets()
	if err != nil {
		return err
	}
	if len(targets) == 2 && targets[0].Bucket == targets[1].Bucket && s.Backup.Endpoint == "" {
		return fault.Refuse("name another bucket", "--backup-bucket is the bucket of --bucket")
	}
	if s.Key != "" {
		if err := upload.CheckKey(s.Key); err != nil {
			return refuse("--key", err)
		}
	}
	for i := range targets {
		if err := s.optionsOf(i).Check(); err != nil {
			return refuse("", err)
		}
	}
	return s.options().Check()
}

// optionsOf returns how to talk to the store of target i: the bucket, or its backup.
func (s Settings) optionsOf(i int) upload.Options {
	if i == 0 {
		return s.options()
	}
	b := s.Backup
	if b.Region != "" || b.Endpoint != "" {
		s.KMSKeyID = ""
	}
	for _, f := range []struct {
		to   *string
		from string
	}{{&s.Region, b.Region}, {&s.Endpoint, b.Endpoint}, {&s.CAFile, b.CAFile}, {&s.Profile, b.Profile}, {&s.KMSKeyID, b.KMSKeyID}} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	s.PathStyle = s.PathStyle || b.PathStyle
	return s.options()
}

// refuse makes a fault of what the upload package refuses.
func refuse(flag string, err error) error {
	hint := fault.Hint(err)
	if flag == "" {
		return fault.Refuse(hint, "%w", err)
	}
	return fault.Refuse(hint, "%s: %w", flag, err)
}

// targets returns the bucket and its backup, as far as they are given.
func (s Settings) targets() ([]upload.Target, error) {
	var targets []upload.Target
	for _, t := range []struct{ flag, value string }{{"--bucket", s.Bucket}, {"--backup-bucket", s.BackupBucket}} {
		if t.value == "" {
			continue
		}
		target, err := upload.Parse(t.value)
		if err != nil {
			return nil, refuse(t.flag, err)
		}
		targets = append(targets, target)
	}
	return targets, nil
}

// options returns how to talk to the store.
func (s Settings) options() upload.Options {
	return s.over(upload.Options{})
}

// over returns the options o with what is set here in the place of what they
// had.
func (s Settings) over(o upload.Options) upload.Options {
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&o.Region, s.Region}, {&o.Endpoint, s.Endpoint}, {&o.CAFile, s.CAFile},
		{&o.SSE, s.SSE}, {&o.KMSKeyID, s.KMSKeyID}, {&o.StorageClass, s.StorageClass}, {&o.Profile, s.Profile},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	o.PathStyle = o.PathStyle || s.PathStyle
	if len(s.Tags) > 0 {
		o.Tags = maps.Clone(s.Tags)
	}
	if s.Heartbeat != 0 {
		o.Heartbeat = s.Heartbeat
	}
	if s.Refusal != 0 {
		o.RefusalTime = s.Refusal
	}
	if s.NoLive {
		o.Heartbeat = -1
	}
	if s.PartSize > 0 {
		o.PartSize = int64(s.PartSize) << 20
	}
	return o
}
