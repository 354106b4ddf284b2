//go:build e2e

package e2e

import (
	"encoding/json"
	"image/color"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beam/beam"
)

// checkEvents checks what --json printed: each line is an event, the states
// come in order, and the last event is the report.
func checkEvents(t *testing.T, r *recording) {
	t.Helper()
	var states []beam.State
	var last beam.Event
	progress := 0
	for line := range strings.Lines(r.stdout.String()) {
		var e beam.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Time.IsZero() || e.Time.Before(last.Time) {
			t.Errorf("time of %s", line)
		}
		switch e.Type {
		case beam.EventState:
			states = append(states, e.State)
		case beam.EventProgress:
			progress++
			if e.Progress == nil || e.Progress.Recorded < 0 {
				t.Errorf("progress: %s", line)
			}
		}
		last = e
	}
	want := []beam.State{beam.StateStarting, beam.StateJoining, beam.StateRecording, beam.StateStopping, beam.StateCompleted}
	if !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	if progress < 3 {
		t.Errorf("%d events of progress", progress)
	}
	report := r.report()
	if last.Type != beam.EventReport || last.Report == nil || last.Report.Bytes != report.Bytes || last.Report.Seconds != report.Seconds {
		t.Errorf("the last event is %+v, the report %+v", last, report)
	}
}

// TestRecordOnTerminal records with a terminal as standard error: a live line
// tells how the recording stands, and is gone at the end.
func TestRecordOnTerminal(t *testing.T) {
	t.Parallel()
	tmp, out := privateDir(t), filepath.Join(t.TempDir(), "rec.mp4")
	url := open(t, toned(color.RGBA{200, 120, 40, 255}, 700)).URL
	r := &recording{t: t, tmp: tmp, out: out, ended: make(chan struct{})}
	line := strings.Join([]string{programPath(t), "record", url, "-o", out, "--resolution", "480p", "--duration", "3s"}, " ")
	// util-linux's script gives the command a terminal, and passes its exit code on.
	r.cmd = private(exec.Command("script", "-qec", line, "/dev/null"), tmp)
	r.run()
	r.completes()
	text := r.stdout.String()
	if !regexp.MustCompile(`REC 00:00:0[12]  +[0-9.]+ fps  [0-9.]+ MB  [0-9]+ dropped  audio \[#+\.+\] -1[0-9] dB`).MatchString(text) {
		t.Errorf("no live line:\n%q", text)
	}
	if end := strings.LastIndex(text, "REC "); end < 0 || !strings.Contains(text[end:], "\r\x1b[K") {
		t.Errorf("the live line stays:\n%q", text)
	}
}
