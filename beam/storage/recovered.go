package storage

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beam/beam/report"
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
