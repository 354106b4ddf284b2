package report

import (
	"io/fs"
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

	ID           string        `json:"id"`
	Layout       string        `json:"layout"` // at the end
	Platform     string        `json:"platform"`
	Participants []Participant `json:"participants"`
	Chapters     []Chapter     `json:"chapters"`
	Pauses       []Interval    `json:"pauses"`                  // on the clock: seconds since the start
	Segments     int           `json:"segments"`                // of the file: one, and one more after each pause, each lost encoder and each change of the engine
	Gaps         []Gap         `json:"gaps"`                    // what was lost and replaced
	Speakers     string        `json:"speakers,omitempty"`      // WebVTT file of who spoke when
	Chat         string        `json:"chat,omitempty"`          // CSV file of what was written
	ContactSheet string        `json:"contact_sheet,omitempty"` // PNG file that shows the whole recording
	Thumbnail    string        `json:"thumbnail,omitempty"`     // JPEG file of one frame
	Playlist     string        `json:"playlist,omitempty"`      // with --vod: the playlist to open

	Tracks     string      `json:"tracks,omitempty"`     // with --tracks: the list of the participants' files
	Renditions []Rendition `json:"renditions,omitempty"` // with --renditions
	Zip        string      `json:"zip,omitempty"`        // with --vod-zip
	// Presigned is the playlist that plays from a private bucket, with --presign, and
	// PresignedUntil until when it does.
	Presigned      string     `json:"presigned,omitempty"`
	PresignedUntil *time.Time `json:"presigned_until,omitempty"`

	Engine        string         `json:"engine"` // at the start
	EngineReason  string         `json:"engine_reason"`
	EngineChanges []EngineChange `json:"engine_changes"`
	Preset        string         `json:"preset"`
	Width         int            `json:"width"`
	Height        int            `json:"height"`
	FPS           int            `json:"fps"`
	FPSMode       string         `json:"fps_mode"`

	Pictures  *Video     `json:"pictures,omitempty"` // not with --audio-only
	Sound     Audio      `json:"sound"`
	Resources []Resource `json:"resources"`
	Machine   Machine    `json:"machine"`
	Start     Start      `json:"start_seconds"`
	// Expectations are there when something was expected of the page.
	Expectations []expect.Outcome    `json:"expectations,omitempty"`
	Console      *expect.ConsoleSeen `json:"console,omitempty"`

	// Part is which part of the recording this is, and Continues what became of the
	// parts before it, where an earlier recorder was killed; 0 and nothing otherwise.
	Part      int           `json:"part,omitempty"`
	Continues []Predecessor `json:"continues,omitempty"`

	Upload   *Upload           `json:"upload,omitempty"` // with a bucket
	Versions map[string]string `json:"versions"`

	Secrets *Secrets    `json:"-"` // hidden wherever the report is written; nil for none
	Mode    fs.FileMode `json:"-"` // of the report and the files beside it; 0 for OwnerOnly
}

// Video counts the frames.
type Video struct {
	Painted       int     `json:"painted"`           // by the page, as many as the rate asked for can hold; -1 for not known
	Kept          float64 `json:"kept_percent"`      // of those, in the file; -1 for not known
	Captured      int     `json:"captured"`          // by the engine
	Distinct      int     `json:"distinct"`          // in the file, that differ from the one before
	Repeated      int     `json:"repeated"`          // in the file, that show the one before again
	Dropped       int     `json:"dropped"`           // captured, but not in the file
	Encoded       int     `json:"encoded"`           // in the file
	DistinctFPS   float64 `json:"distinct_fps"`      // Distinct for each second
	LongestFreeze float64 `json:"longest_freeze_ms"` // longest time without a new frame
	Lowered       int     `json:"rate_lowered"`      // times the governor lowered the rate
	LowestFPS     float64 `json:"lowest_fps"`        // lowest rate the governor set
	MeanFPS       float64 `json:"mean_fps"`          // rate that it set, over the whole recording
	Rates         []Rate  `json:"rates"`             // each change of the rate
}

// Rate is a change of the rate at which frames are captured.
type Rate struct {
	At     float64 `json:"at_seconds"` // on the recording's time
	FPS    float64 `json:"fps"`
	Reason string  `json:"reason"`
}

// Gap tells of something that was lost and replaced while recording. The
// last frame stands meanwhile; without the sound server or the browser there is
// silence.
type Gap struct {
	At      float64 `json:"at_seconds"` // on the recording's time
	Seconds float64 `json:"seconds"`
	Lost    string  `json:"lost"` // browser, display, sound server, encoder; memory where the browser was started anew for it
	Cause   string  `json:"cause"`
}

// Machine tells what the machine gave to the recording.
type Machine struct {
	Cores     float64 `json:"cores"`             // that the recording may use
	Slow      float64 `json:"slowness"`          // against the machine of the model; 1 for just as fast
	PageFault float64 `json:"page_fault_us"`     // of fresh memory, each
	LeastIdle float64 `json:"least_idle_cores"`  // in any second
	Throttled float64 `json:"throttled_seconds"` // that the control group took away
	Steal     float64 `json:"steal_seconds"`     // that the hypervisor gave to others
	// RunDelay is how long the threads of each program could have run but had no
	// processor, in seconds.
	RunDelay map[string]float64 `json:"run_delay_seconds"`
	Memory   Memory             `json:"memory"`
}

// Memory tells how the recording stood with memory when it was scarcest, and what the
// kernel did about it meanwhile.
type Memory struct {
	LimitMB float64 `json:"limit_mb"` // of the control group, or of the machine where that was scarcer; 2^20 bytes
	UsedMB  float64 `json:"used_mb"`  // of it at most, without what can be given back
	Group   bool    `json:"control_group"`
	Slowed  int     `json:"slowed"`          // times that the group went beyond memory.high
	Full    int     `json:"full"`            // times that it came to its limit
	Killed  int     `json:"killed"`          // processes of it that the kernel killed for that
	Renewed int     `json:"browser_renewed"` // times that the browser was started anew to prevent it
}

// Start tells where the time until the first frame went, in seconds since
// the start of the command.
type Start struct {
	Sound   float64 `json:"sound_server"` // and the display, which starts at the same time
	Browser float64 `json:"browser"`
	Encoder float64 `json:"encoder"`
	Ready   float64 `json:"room_ready"`
	First   float64 `json:"first_frame"`
}

// Audio tells how whole the audio is. A hole is audio that was not
// captured, and was filled with silence; silence is audio that was captured
// while nobody spoke.
type Audio struct {
	Covered     float64 `json:"covered_percent"` // of the recording, captured
	Silent      float64 `json:"silent_seconds"`  // captured, but silent
	Filled      float64 `json:"filled_ms"`       // not captured
	Holes       int     `json:"holes"`
	LongestHole float64 `json:"longest_hole_ms"`
	Stalls      int     `json:"stalls"` // times the sound server gave nothing for a while
	PeakDBFS    float64 `json:"peak_dbfs"`
	DriftPPM    float64 `json:"drift_ppm"`           // of the sound's clock against the machine's; corrected
	DriftPerMin float64 `json:"drift_ms_per_minute"` // the same, in ms a minute
	LUFS        float64 `json:"integrated_lufs"`     // loudness (EBU R128); -120 for silence
	Late        Late    `json:"late"`
}

// Late tells by how much Chrome itself plays the audio late. It is
// recorded as it is played; this is not corrected.
type Late struct {
	Playback     float64 `json:"playback_latency_ms"` // between Chrome and the sink, at most
	SkewMedian   float64 `json:"skew_median_ms"`      // of WebRTC audio against its picture, in Chrome's own figures; positive is late
	SkewWorst    float64 `json:"skew_worst_ms"`       // the largest, either way
	Synthesised  float64 `json:"synthesised_seconds"` // WebRTC audio that Chrome made up because it was missing
	Observations int     `json:"observations"`        // of the WebRTC figures; 0 for none
}

// Resource tells what one of the programs used.
type Resource struct {
	Name       string  `json:"name"`
	CPUSeconds float64 `json:"cpu_seconds"`
	Cores      float64 `json:"cores"`   // CPUSeconds for each second of recording
	PeakMB     float64 `json:"peak_mb"` // memory, 2^20 bytes, shared pages counted in proportion
}
