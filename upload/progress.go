package upload

import "time"

// State is what an Uploader is doing.
type State string

// The states of an Uploader.
const (
	StateWaiting    State = "waiting"    // everything on disk that fills a part is uploaded
	StateUploading  State = "uploading"  // parts are on their way
	StateRetrying   State = "retrying"   // requests fail and are repeated, since Progress.Since
	StateRefused    State = "refused"    // the bucket says no; tried again now and then, and at the end
	StateCompleting State = "completing" // all parts are there; the object is being made and confirmed
	StateDone       State = "done"
	StateFailed     State = "failed"
)

// Progress is a snapshot of an Uploader.
type Progress struct {
	State    State     `json:"state"`
	Since    time.Time `json:"since"`    // of StateRetrying and StateRefused
	Uploaded int64     `json:"uploaded"` // bytes in finished parts
	Known    int64     `json:"known"`    // bytes on disk
	Parts    int       `json:"parts"`    // finished
	Retries  int       `json:"retries"`  // requests that were repeated
	URL      string    `json:"url"`      // s3://BUCKET/KEY
	Backup   bool      `json:"backup"`   // another bucket than the first is in use
	Err      string    `json:"err,omitempty"`
}

// Result is a finished upload.
type Result struct {
	URL     string `json:"url"` // s3://BUCKET/KEY
	Bucket  string `json:"bucket"`
	Key     string `json:"key"`
	Size    int64  `json:"size"`              // bytes
	CRC32C  string `json:"crc32c"`            // of the file and the object, base64
	ETag    string `json:"etag"`              // without quotes
	Version string `json:"version,omitempty"` // of the object, in a versioned bucket
	Parts   int    `json:"parts"`
	Retries int    `json:"retries"`
	Backup  bool   `json:"backup"` // it went to a backup bucket
	// Confirmed tells how the object was compared with the file: "crc32c" or
	// "etag" by HeadObject; "parts" when only each part's own ETag and the size of
	// the object agree, "size" when only the size does, for a store that tells no
	// checksum; "answer" when reading is not allowed and the store compared size and
	// checksum itself while completing.
	Confirmed string `json:"confirmed"`
}

// Progress returns a snapshot. It is safe for concurrent use.
func (u *Uploader) Progress() Progress {
	retries, failing, err := u.retry.snapshot()
	u.mu.Lock()
	defer u.mu.Unlock()
	p := u.shown
	p.Known, p.Retries = u.known, retries
	if u.err != nil {
		err = u.err
	}
	if err != nil {
		p.Err = err.Error()
	}
	if !failing.IsZero() && (p.State == StateUploading || p.State == StateCompleting || p.State == StateWaiting) {
		p.State, p.Since = StateRetrying, failing
	}
	return p
}

// show changes what Progress says and reports it.
func (u *Uploader) show(change func(*Progress)) {
	u.mu.Lock()
	change(&u.shown)
	u.mu.Unlock()
	u.report()
}

// report calls back with the present state, one call at a time.
func (u *Uploader) report() {
	if u.config.OnProgress == nil {
		return
	}
	u.reporting.Lock()
	defer u.reporting.Unlock()
	u.config.OnProgress(u.Progress())
}
