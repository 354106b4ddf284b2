package beam

import (
	"context"
	"log/slog"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/sizing"
	"beam/beam/storage"
	"beam/beam/tracks"
	"beam/capture"
	"beam/upload"
)

// Where a recording goes besides the local disk, and what a crash left.
type (
	Storage        = storage.Settings
	UploadProgress = storage.Progress
	RecoverOptions = storage.RecoverOptions
	Recovered      = storage.Recovered // what became of one file
	Outcome        = storage.Outcome
	Drawn          = storage.Drawn // what shows a recording
)

// The outcomes of recovering a file.
const (
	OutcomeFinished = storage.OutcomeFinished // it was finished, and uploaded where that was wanted
	OutcomeWhole    = storage.OutcomeWhole    // there was nothing to do
	OutcomeUploaded = storage.OutcomeUploaded // it was whole, its upload was not
	OutcomeAlive    = storage.OutcomeAlive    // its recorder is at work
)

// ReasonCrash is the stop reason of a recording whose recorder was killed.
const ReasonCrash = report.ReasonCrash

// ValidateStorage tries everything that a recording does with the bucket and its
// backup; see storage.Validate.
func ValidateStorage(ctx context.Context, s Storage, log *slog.Logger) ([]upload.Validation, error) {
	return storage.Validate(ctx, s, log)
}

// RecoverFile finishes the recording at path that a crash left; see
// storage.RecoverFile.
func RecoverFile(ctx context.Context, path string, o RecoverOptions, log *slog.Logger) Recovered {
	return storage.RecoverFile(ctx, path, o, log)
}

// RecoverFolder does RecoverFile for each recording in a directory; see
// storage.RecoverFolder.
func RecoverFolder(ctx context.Context, dir string, o RecoverOptions, log *slog.Logger, each func(Recovered)) error {
	return storage.RecoverFolder(ctx, dir, o, log, each)
}

// RecoverBucket completes the uploads whose recorders are gone; see
// storage.RecoverBucket.
func RecoverBucket(ctx context.Context, s Storage, log *slog.Logger) ([]upload.Recovered, error) {
	return storage.RecoverBucket(ctx, s, log)
}

// What callers of this package meet of the packages below it.
type (
	Fault  = fault.Fault   // an error with a class and a hint for the user
	Report = report.Report // the quality report of a recording
	Choice = sizing.Choice // how a recording would be made on a machine

	VideoReport    = report.Video
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

// PartName returns the name of a part of a recording that several recorders made.
func PartName(output string, part int) string { return report.PartName(output, part) }

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

// FrameSize returns the size of the frames that --resolution and --orientation
// mean.
func FrameSize(name, orientation string) (capture.Size, error) {
	return sizing.FrameSize(name, orientation)
}

// TracksFormats lists the formats of the participants' files.
func TracksFormats() []string { return tracks.Formats() }
