package beam

import (
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/sizing"
	"beam/capture"
)

// What callers of this package meet of the packages below it.
type (
	Fault  = fault.Fault   // an error with a class and a hint for the user
	Report = report.Report // the quality report of a recording
	Choice = sizing.Choice // how a recording would be made on a machine

	PictureReport  = report.Video
	ResourceReport = report.Resource
	ChapterReport  = report.Chapter
	GapReport      = report.Gap
	RateReport     = report.Rate
	UploadReport   = report.Upload
)

// ClassUsage is the class of a configuration that can't work.
const ClassUsage = fault.ClassUsage

// The capture engines.
const (
	EngineAuto       = sizing.EngineAuto
	EngineScreencast = sizing.EngineScreencast
	EngineX11        = sizing.EngineX11
)

// ReportPath returns the path of the report that belongs to a recording.
func ReportPath(output string) string { return report.Path(output) }

// ChatPath returns the path of what was written in the room.
func ChatPath(output string) string { return report.ChatPath(output) }

// FailurePath returns the directory that tells why a room could not be recorded.
func FailurePath(output string) string { return report.FailurePath(output) }

// DefaultOutput returns the name of a recording that none was given for.
func DefaultOutput(room string, now time.Time) string { return report.DefaultOutput(room, now) }

// RedactURL returns a room's URL without what is secret in it.
func RedactURL(raw string) string { return report.RedactURL(raw) }

// ChapterWords lists the words of --chapters.
func ChapterWords() []string { return roster.ChapterWords() }

// NeededCores returns the cores that a machine has to have for a recording.
func NeededCores(engine string, size capture.Size, fps int) float64 {
	return sizing.NeededCores(engine, size, fps)
}

// MostBits returns the highest rate of a recording, bits a second.
func MostBits(size capture.Size, fps int) int { return sizing.MostBits(size, fps) }

// PictureSize returns the size of the frames that --resolution and --orientation
// mean.
func PictureSize(name, orientation string) (capture.Size, error) {
	return sizing.FrameSize(name, orientation)
}
