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
	BackupBucket string // takes over when Bucket refuses for good
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
}

// Check checks the storage without any network.
func (s Settings) Check() error {
	if s.Bucket == "" {
		switch {
		case s.BackupBucket != "":
			return fault.Refuse("give --bucket too", "--backup-bucket is given, but no --bucket")
		case s.DeleteLocal:
			return fault.Refuse("give --bucket too", "--delete-local would leave no recording at all without a --bucket")
		}
	}
	if s.Timeout < 0 {
		return fault.Refuse("", "--upload-timeout is %v; it has to be more than nothing", s.Timeout)
	}
	if s.Heartbeat != 0 && s.Heartbeat < time.Second {
		return fault.Refuse("", "--s3-heartbeat is %v; it can be from 1s", s.Heartbeat)
	}
	targets, err := s.targets()
	if err != nil {
		return err
	}
	if len(targets) == 2 && targets[0].Bucket == targets[1].Bucket {
		return fault.Refuse("name another bucket", "--backup-bucket is the bucket of --bucket")
	}
	if s.Key != "" {
		if err := upload.CheckKey(s.Key); err != nil {
			return refuse("--key", err)
		}
	}
	if err := s.options().Check(); err != nil {
		return refuse("", err)
	}
	return nil
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
		{&o.SSE, s.SSE}, {&o.KMSKeyID, s.KMSKeyID}, {&o.StorageClass, s.StorageClass},
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
	return o
}
