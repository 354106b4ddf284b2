package beam

import (
	"time"

	"beam/upload"
)

// UploadReport tells where a recording went.
type UploadReport struct {
	URL          string  `json:"url"`    // s3://BUCKET/KEY
	Bytes        int64   `json:"bytes"`  // of the object
	CRC32C       string  `json:"crc32c"` // of the object and the file, base64
	ETag         string  `json:"etag"`   // without quotes
	Version      string  `json:"version,omitempty"`
	Parts        int     `json:"parts"`
	Retries      int     `json:"retries"`   // requests that were repeated
	Backup       bool    `json:"backup"`    // it went to the backup bucket
	Confirmed    string  `json:"confirmed"` // how the object was compared with the file: crc32c, etag, answer; "" if it is not there
	Seconds      float64 `json:"seconds"`   // from the end of the recording to the confirmed object
	ReportURL    string  `json:"report_url,omitempty"`
	LocalDeleted bool    `json:"local_deleted"`
	Error        string  `json:"error,omitempty"` // why it is not in the bucket; the file and its journal are kept then
}

// uploadReport returns the report of a finished upload.
func uploadReport(r upload.Result, took time.Duration) *UploadReport {
	return &UploadReport{
		URL: r.URL, Bytes: r.Size, CRC32C: r.CRC32C, ETag: r.ETag, Version: r.Version, Parts: r.Parts, Retries: r.Retries,
		Backup: r.Backup, Confirmed: r.Confirmed, Seconds: round(took.Seconds(), 2),
	}
}

// confirmedByHead tells whether HeadObject has shown that the object is the
// file: only then may the file be deleted.
func (r *UploadReport) confirmedByHead() bool {
	return r != nil && r.Error == "" && (r.Confirmed == "crc32c" || r.Confirmed == "etag")
}

// UploadProgress is how an upload stands.
type UploadProgress struct {
	State    string  `json:"state"`          // see upload.State
	Uploaded int64   `json:"uploaded_bytes"` // in finished parts
	Total    int64   `json:"total_bytes"`    // on disk
	Parts    int     `json:"parts"`
	Retries  int     `json:"retries"`
	Waiting  float64 `json:"waiting_seconds"` // since when the bucket has not taken anything; 0 while it does
	Backup   bool    `json:"backup"`
}

// uploadProgress returns the progress to show at now.
func uploadProgress(p upload.Progress, now time.Time) *UploadProgress {
	u := &UploadProgress{
		State: string(p.State), Uploaded: p.Uploaded, Total: p.Known, Parts: p.Parts, Retries: p.Retries, Backup: p.Backup,
	}
	if (p.State == upload.StateRetrying || p.State == upload.StateRefused) && !p.Since.IsZero() {
		u.Waiting = round(max(0, now.Sub(p.Since).Seconds()), 1)
	}
	return u
}

// uploadNews is what a user has to be told of an upload that runs beside the
// recording: each thing once.
type uploadNews struct{ waiting, refused, backup bool }

// tellWaiting is how long a bucket may be silent before the user is told.
const tellWaiting = 10 * time.Second

// news returns the notice that progress p is worth, "" for none.
func (n *uploadNews) news(p *UploadProgress) string {
	switch {
	case p.Backup && !n.backup:
		*n = uploadNews{backup: true}
		return "the bucket refuses the recording; the backup bucket takes it"
	case p.State == string(upload.StateRefused) && !n.refused:
		n.refused = true
		return "the bucket refuses the recording; it is kept on the disk and tried again at the end"
	case p.Waiting >= tellWaiting.Seconds() && !n.waiting && !n.refused:
		n.waiting = true
		return "the bucket does not answer; the recording is kept on the disk until it does"
	case p.Waiting == 0 && (n.waiting || n.refused):
		n.waiting, n.refused = false, false
		return "the bucket takes the recording again"
	}
	return ""
}
