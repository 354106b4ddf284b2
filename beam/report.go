package beam

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"beam/beam/expect"
)

// Report is the quality report of a recording, written beside it as JSON.
type Report struct {
	Beam        string    `json:"beam"` // version
	Room        string    `json:"room"` // without what is secret in it
	Output      string    `json:"output"`
	Bytes       int64     `json:"bytes"`
	StartedAt   time.Time `json:"started_at"`
	Seconds     float64   `json:"seconds"`
	StopReason  string    `json:"stop_reason"`
	Degraded    []string  `json:"degraded"`            // why the recording is not what was asked for; empty if it is
	Fault       string    `json:"fault,omitempty"`     // what ended the recording before its time
	Notices     []string  `json:"notices"`             // what happened on the way
	ReadyReason string    `json:"ready_reason"`        // why the page counted as ready
	FirstFrame  float64   `json:"first_frame_seconds"` // from the start of the command to the first picture

	ID           string              `json:"id"`
	Layout       string              `json:"layout"` // at the end
	Platform     string              `json:"platform"`
	Participants []ParticipantReport `json:"participants"`
	Chapters     []ChapterReport     `json:"chapters"`
	Pauses       []SpanReport        `json:"pauses"`             // on the clock: seconds since the start
	Segments     int                 `json:"segments"`           // of the file: one, and one more after each pause and each lost encoder
	Speakers     string              `json:"speakers,omitempty"` // WebVTT file of who spoke when
	Chat         string              `json:"chat,omitempty"`     // CSV file of what was written

	Engine       string `json:"engine"`
	EngineReason string `json:"engine_reason"`
	Preset       string `json:"preset"`
	Width        int    `json:"width"`
	Height       int    `json:"height"`
	FPS          int    `json:"fps"`
	FPSMode      string `json:"fps_mode"`

	Pictures  *PictureReport   `json:"pictures,omitempty"` // not with --audio-only
	Sound     SoundReport      `json:"sound"`
	Resources []ResourceReport `json:"resources"`
	// Expectations are there when something was expected of the page.
	Expectations []expect.Outcome    `json:"expectations,omitempty"`
	Console      *expect.ConsoleSeen `json:"console,omitempty"`

	Upload   *UploadReport     `json:"upload,omitempty"` // with a bucket
	Versions map[string]string `json:"versions"`
}

// PictureReport counts the pictures.
type PictureReport struct {
	Captured      int     `json:"captured"`          // by the engine
	Distinct      int     `json:"distinct"`          // in the file, that differ from the one before; an estimate from the coded sizes with x11
	Repeated      int     `json:"repeated"`          // in the file, that show the one before again
	Dropped       int     `json:"dropped"`           // captured, but not in the file
	Encoded       int     `json:"encoded"`           // in the file
	DistinctFPS   float64 `json:"distinct_fps"`      // Distinct for each second
	LongestFreeze float64 `json:"longest_freeze_ms"` // longest time without a new picture
	Lowered       int     `json:"rate_lowered"`      // times the governor lowered the rate
	LowestFPS     float64 `json:"lowest_fps"`        // lowest rate the governor set
}

// SoundReport tells how whole the sound is. A hole is sound that was not
// captured, and was filled with silence; silence is sound that was captured
// while nobody spoke.
type SoundReport struct {
	Covered     float64 `json:"covered_percent"` // of the recording, captured
	Silent      float64 `json:"silent_seconds"`  // captured, but silent
	Filled      float64 `json:"filled_ms"`       // not captured
	Holes       int     `json:"holes"`
	LongestHole float64 `json:"longest_hole_ms"`
	Stalls      int     `json:"stalls"` // times the sound server gave nothing for a while
	PeakDBFS    float64 `json:"peak_dbfs"`
	DriftPPM    float64 `json:"drift_ppm"`           // of the sound's clock against the machine's; corrected
	DriftPerMin float64 `json:"drift_ms_per_minute"` // the same, in ms a minute
}

// ResourceReport tells what one of the programs used.
type ResourceReport struct {
	Name       string  `json:"name"`
	CPUSeconds float64 `json:"cpu_seconds"`
	Cores      float64 `json:"cores"`   // CPUSeconds for each second of recording
	PeakMB     float64 `json:"peak_mb"` // memory, 2^20 bytes, shared pages counted in proportion
}

// Write writes the report to the path, whole or not at all.
func (r *Report) Write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".beam-report-*")
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	defer os.Remove(temp.Name()) // fails when it was renamed
	_, err = temp.Write(append(text, '\n'))
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
