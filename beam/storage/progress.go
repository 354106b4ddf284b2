package storage

import (
	"time"

	"beam/beam/report"
	"beam/upload"
)

// reportOfResult returns the report of a finished upload.
func reportOfResult(r upload.Result, took time.Duration) *report.Upload {
	return &report.Upload{
		URL: r.URL, Bytes: r.Size, CRC32C: r.CRC32C, ETag: r.ETag, Version: r.Version, Parts: r.Parts, Retries: r.Retries,
		Backup: r.Backup, Confirmed: r.Confirmed, Seconds: report.Round(took.Seconds(), 2),
	}
}

// Progress is how an upload stands.
type Progress struct {
	State    string  `json:"state"`          // see upload.State
	Uploaded int64   `json:"uploaded_bytes"` // in finished parts
	Total    int64   `json:"total_bytes"`    // on disk
	Parts    int     `json:"parts"`
	Retries  int     `json:"retries"`
	Waiting  float64 `json:"waiting_seconds"` // since when the bucket has not taken anything; 0 while it does
	Backup   bool    `json:"backup"`
}

// progressOf returns the progress to show at now.
func progressOf(p upload.Progress, now time.Time) *Progress {
	u := &Progress{
		State: string(p.State), Uploaded: p.Uploaded, Total: p.Known, Parts: p.Parts, Retries: p.Retries, Backup: p.Backup,
	}
	if (p.State == upload.StateRetrying || p.State == upload.StateRefused) && !p.Since.IsZero() {
		u.Waiting = report.Round(max(0, now.Sub(p.Since).Seconds()), 1)
	}
	return u
}

// news is what a user has to be told of an upload that runs beside the
// recording: each thing once.
type news struct{ waiting, refused, backup bool }

// tellWaiting is how long a bucket may be silent before the user is told.
const tellWaiting = 10 * time.Second

// tell returns the notice that progress p is worth, "" for none.
func (n *news) tell(p *Progress) string {
	switch {
	case p.Backup && !n.backup:
		*n = news{backup: true}
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
