package beam

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/beam/storage"
	"beam/capture/encode"
	"beam/capture/mp4"
)

// A file that is being recorded is neither recorded over nor recovered.
func TestOutputIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.mp4")
	o, err := encode.CreateOutput(path, 0o600, time.Minute, 30, false)
	if err != nil {
		t.Fatal(err)
	}
	if limit := (mp4.Options{Reserve: mp4.ReserveFor(time.Minute, 30)}).HeadLimit(); o.Head != limit {
		t.Errorf("head of %d bytes, want %d", o.Head, limit)
	}
	if _, err := encode.CreateOutput(path, 0o600, time.Minute, 30, false); !errors.Is(err, encode.ErrLocked) {
		t.Errorf("recorded over: %v", err)
	}
	if r := storage.RecoverFile(t.Context(), path, storage.RecoverOptions{}, nil); r.Outcome != storage.OutcomeAlive || r.Err == nil {
		t.Errorf("recovered: %+v", r)
	}
	o.Discard()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestStorageRefuses(t *testing.T) {
	bucket := "s3://recordings/team"
	tests := []struct {
		name string
		s    storage.Settings
		says string
	}{
		{"delete without a bucket", storage.Settings{DeleteLocal: true}, "no recording at all"},
		{"backup without a bucket", storage.Settings{BackupBucket: bucket}, "no --bucket"},
		{"the same bucket twice", storage.Settings{Bucket: bucket, BackupBucket: "s3://recordings/other"}, "is the bucket of"},
		{"not s3", storage.Settings{Bucket: "https://recordings"}, "--bucket"},
		{"bad backup", storage.Settings{Bucket: bucket, BackupBucket: "s3://"}, "--backup-bucket"},
		{"bad key", storage.Settings{Bucket: bucket, Key: "x"}, "--key"},
		{"bad encryption", storage.Settings{Bucket: bucket, SSE: "rot13"}, "AES256"},
		{"negative timeout", storage.Settings{Bucket: bucket, Timeout: -1}, "--upload-timeout"},
		{"short heartbeat", storage.Settings{Bucket: bucket, Heartbeat: time.Millisecond}, "--s3-heartbeat"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good(t)
			c.Storage = tt.s
			_, err := c.Check()
			var f *fault.Fault
			if !errors.As(err, &f) || f.Class != fault.ClassUsage || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
	c := good(t)
	c.Storage = storage.Settings{Bucket: bucket, BackupBucket: "s3://other", Tags: map[string]string{"a": "b"}, DeleteLocal: true}
	if _, err := c.Check(); err != nil {
		t.Error(err)
	}
}
