package beam

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ReasonCrash is the stop reason of a recording whose recorder was killed.
const ReasonCrash = "recorder killed; recovered"

// reportOf returns the report of a recovered file: the one beside it, or what
// can be said without it.
func reportOf(r Recovered, version string) *Report {
	if report, ok := readReport(r.File); ok {
		return report
	}
	report := &Report{
		Beam: version, Output: r.File, Bytes: r.Bytes, Seconds: r.Seconds, StopReason: ReasonCrash,
		Degraded: []string{"the recorder was killed; what was written until then is kept"},
		Notices:  []string{},
	}
	report.Room, report.StartedAt = recordedAs(r.File, report)
	return report
}

// readReport reads the report beside a recording.
func readReport(path string) (*Report, bool) {
	data, err := os.ReadFile(ReportPath(path))
	if err != nil {
		return nil, false
	}
	var report Report
	if json.Unmarshal(data, &report) != nil || report.Output == "" || report.StopReason == "" {
		return nil, false
	}
	return &report, true
}

// recordName is the shape of DefaultOutput.
var recordName = regexp.MustCompile(`^Rec-(.+)-(\d{13})$`)

// recordedAs returns the room and the start of a recording: from its report,
// else from its name, else the name itself and the time of the last write less
// the length.
func recordedAs(path string, report *Report) (room string, start time.Time) {
	if report.Room != "" && !report.StartedAt.IsZero() {
		return report.Room, report.StartedAt
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	if m := recordName.FindStringSubmatch(name); m != nil {
		if ms, err := strconv.ParseInt(m[2], 10, 64); err == nil {
			return m[1], time.UnixMilli(ms).UTC()
		}
	}
	start = time.Now()
	if info, err := os.Stat(path); err == nil {
		start = info.ModTime()
	}
	return name, start.Add(-time.Duration(report.Seconds * float64(time.Second))).UTC().Truncate(time.Millisecond)
}
