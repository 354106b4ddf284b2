package storage

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beam/beam/report"
	"beam/capture/mp4"
)

// reportOf returns the report of a recovered file: the one beside it, or what
// can be said without it.
func reportOf(r Recovered, version string) *report.Report {
	if rep, ok := report.Read(r.File); ok {
		return rep
	}
	rep := &report.Report{
		Beam: version, Output: r.File, Bytes: r.Bytes, Seconds: r.Seconds, StopReason: report.ReasonCrash,
		Degraded: []string{"the recorder was killed; what was written until then is kept"},
		Notices:  []string{},
	}
	rep.Room, rep.StartedAt = recordedAs(r.File, rep)
	return rep
}

// recoveredPlaylists returns the playlists of a finished recording that was begun
// with them. A recording that can't have them is told of, and no less recovered.
func recoveredPlaylists(rep *report.Report, output string, log *slog.Logger) []SideFile {
	ix, err := indexOf(output)
	if err != nil || !ix.WantsPlaylist() {
		return nil // RecoverFile has read the file and told what is wrong with it
	}
	files, err := Playlists(rep, output, ix)
	if err != nil {
		log.Warn("no playlist", "file", output, "error", err)
	}
	return files
}

// indexOf reads the index of a file.
func indexOf(path string) (*mp4.Index, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return mp4.Scan(f, info.Size())
}

// recordedAs returns the room and the start of a recording: from its report,
// else from its name, else the name itself and the time of the last write less
// the length.
func recordedAs(path string, rep *report.Report) (room string, start time.Time) {
	if rep.Room != "" && !rep.StartedAt.IsZero() {
		return rep.Room, rep.StartedAt
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if m := report.RecordName.FindStringSubmatch(name); m != nil {
		if ms, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			return m[1], time.UnixMilli(ms).UTC()
		}
	}
	start = time.Now()
	if info, err := os.Stat(path); err == nil {
		start = info.ModTime()
	}
	return name, start.Add(-time.Duration(rep.Seconds * float64(time.Second))).UTC().Truncate(time.Millisecond)
}
