package beam

import (
	"time"

	"beam/beam/renditions"
	"beam/beam/report"
	"beam/beam/storage"
)

// Event is one line of what a recording tells while it runs. Fields that do
// not belong to the Type are zero.
type Event struct {
	Time  time.Time `json:"time"`
	Type  string    `json:"type"`
	State State     `json:"state,omitempty"`
	Text  string    `json:"text,omitempty"` // for people

	Progress *Progress      `json:"progress,omitempty"`
	Report   *report.Report `json:"report,omitempty"`

	Renditions *renditions.Progress `json:"renditions,omitempty"`
}

// The types of events.
const (
	EventState      = "state"      // State began
	EventProgress   = "progress"   // once a second while recording and uploading
	EventNotice     = "notice"     // something to know: Text
	EventRenditions = "renditions" // how far the renditions are
	EventReport     = "report"     // the last event of a recording that left a file
)

// Progress is how a recording stands.
type Progress struct {
	Recorded  float64 `json:"recorded_seconds"`
	Bytes     int64   `json:"bytes"`
	FPS       float64 `json:"fps"` // frames captured in the last second, repeats not counted
	Dropped   int     `json:"dropped"`
	LevelDBFS float64 `json:"level_dbfs"` // loudest sample of the last second; -120 for silence

	Upload *storage.Progress `json:"upload,omitempty"` // with a bucket
}

// Sink takes the events of a recording, one call at a time. It must not block
// for long: the recording waits for it.
type Sink func(Event)
