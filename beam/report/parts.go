package report

// Participant tells of somebody who was in the room. All times are those
// of the recording.
type Participant struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Role     string     `json:"role,omitempty"` // the last one
	Recorded bool       `json:"recorded"`       // false for somebody whom a filter left out
	Present  []Interval `json:"present"`
	Spoke    []Interval `json:"spoke"`
}

// Interval is a part of the recording.
type Interval struct {
	From float64 `json:"from_seconds"`
	To   float64 `json:"to_seconds"`
}

// Chapter is a chapter of a recording.
type Chapter struct {
	At   float64 `json:"at_seconds"`
	Text string  `json:"text"`
}

// EngineChange is a change of the engine while recording.
type EngineChange struct {
	At     float64 `json:"at_seconds"` // on the recording's time
	From   string  `json:"from"`
	To     string  `json:"to"`
	Reason string  `json:"reason"`
}

// Predecessor tells of a part of the recording that an earlier recorder left
// unfinished.
type Predecessor struct {
	File    string  `json:"file,omitempty"`
	URL     string  `json:"url,omitempty"` // of the object, where it has one
	Seconds float64 `json:"seconds,omitempty"`
	Outcome string  `json:"outcome"` // as beam recover tells it; "pending" where that was not known yet
	Error   string  `json:"error,omitempty"`
}

// Rendition is a smaller MP4 of the recording.
type Rendition struct {
	Name   string `json:"name"` // "720p"
	File   string `json:"file"`
	Width  int    `json:"width"` // pixels
	Height int    `json:"height"`
	Bytes  int64  `json:"bytes"`
	Kept   bool   `json:"kept,omitempty"`  // it was there already, and whole
	URL    string `json:"url,omitempty"`   // s3://BUCKET/KEY, with a bucket
	Error  string `json:"error,omitempty"` // why it is not there
}

// Upload tells where a recording went.
type Upload struct {
	URL          string   `json:"url"`    // s3://BUCKET/KEY
	Bytes        int64    `json:"bytes"`  // of the object
	CRC32C       string   `json:"crc32c"` // of the object and the file, base64
	ETag         string   `json:"etag"`   // without quotes
	Version      string   `json:"version,omitempty"`
	Parts        int      `json:"parts"`
	Retries      int      `json:"retries"`   // requests that were repeated
	Backup       bool     `json:"backup"`    // it went to the backup bucket
	Confirmed    string   `json:"confirmed"` // how the object was compared with the file: crc32c, etag, answer; "" if it is not there
	Seconds      float64  `json:"seconds"`   // from the end of the recording to the confirmed object
	ReportURL    string   `json:"report_url,omitempty"`
	Beside       []string `json:"beside,omitempty"`       // s3://BUCKET/KEY of the other files that were put beside the object
	PlaylistURL  string   `json:"playlist_url,omitempty"` // with --vod
	ZipURL       string   `json:"zip_url,omitempty"`      // with --vod-zip
	LocalDeleted bool     `json:"local_deleted"`
	Error        string   `json:"error,omitempty"` // why it is not in the bucket; the file and its journal are kept then
}

// ConfirmedByHead tells whether HeadObject has shown that the object is the
// file: only then may the file be deleted.
func (r *Upload) ConfirmedByHead() bool {
	return r != nil && r.Error == "" && (r.Confirmed == "crc32c" || r.Confirmed == "etag")
}

// Holds tells whether a file of so many bytes is known to be in a bucket.
func (r *Upload) Holds(bytes int64) bool {
	return r != nil && r.Confirmed != "" && r.Error == "" && r.Bytes == bytes
}
