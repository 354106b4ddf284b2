package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func filled(t *testing.T, text string, k kind) figures {
	t.Helper()
	path := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := readReport(path)
	if err != nil {
		t.Fatal(err)
	}
	f := none()
	r.fill(&f, k)
	return f
}

func TestReportIsRead(t *testing.T) {
	f := filled(t, `{"started_at": "2026-11-25T21:32:23.06Z", "first_frame_seconds": 2.5,
		"start_seconds": {"browser": 0.8, "first_frame": 2.5}, "degraded": ["slow"], "engine": "screencast", "preset": "superfast", "fps": 30,
		"engine_changes": [{"at_seconds": 9, "from": "screencast", "to": "x11", "reason": "too slow"}],
		"gaps": [{"at_seconds": 4, "seconds": 0.5, "lost": "ffmpeg", "cause": "killed"}],
		"pictures": {"kept_percent": 98.5, "mean_fps": 17, "rates": [
			{"at_seconds": 0, "fps": 30, "reason": "start"}, {"at_seconds": 3, "fps": 12, "reason": "no cores left"}, {"at_seconds": 20, "fps": 18, "reason": "cores left"}]},
		"sound": {"covered_percent": 99, "holes": 2},
		"resources": [{"name": "beam", "peak_mb": 40}, {"name": "chrome", "peak_mb": 400}, {"name": "ffmpeg", "peak_mb": 90}],
		"machine": {"cores": 2, "slowness": 1.8, "page_fault_us": 12, "least_idle_cores": 0}}`, kind{engine: "screencast"})
	for what, got := range map[string][2]float64{
		"painted": {f.painted, 0.985}, "rate": {f.meanFPS, 17}, "changes": {f.changes, 2}, "sound": {f.sound, 0.99}, "holes": {f.holes, 2},
		"memory": {f.memory, 130}, "idle": {f.idle, 0}, "first": {f.first, 2.5}, "browser": {f.parts["browser"], 0.8},
	} {
		if math.Abs(got[0]-got[1]) > 1e-9 || math.IsNaN(got[0]) {
			t.Errorf("%s = %v, want %v", what, got[0], got[1])
		}
	}
	notes := strings.Join(f.notes, "\n")
	for _, want := range []string{"12 fps from second 3.0", "x11 instead of screencast", "gap of 0.50 s", "degraded: slow"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note of %q in:\n%s", want, notes)
		}
	}
	if strings.Contains(notes, "30 fps") {
		t.Errorf("the rate of the start is noted as a change:\n%s", notes)
	}
}

// What a report does not tell is unknown, not zero.
func TestReportWithoutFigures(t *testing.T) {
	f := filled(t, `{"engine": "x11", "pictures": {"kept_percent": -1, "rate_lowered": 3}, "sound": {"covered_percent": 100}}`, kind{engine: "screencast"})
	if !math.IsNaN(f.painted) || !math.IsNaN(f.meanFPS) || !math.IsNaN(f.idle) {
		t.Errorf("got %+v", f)
	}
	if f.changes != 3 {
		t.Errorf("%v changes, without a list the count of the lowered ones", f.changes)
	}
	if !slices.Contains(f.notes, "recorded with x11") {
		t.Errorf("notes %q", f.notes)
	}
}

func TestRateChanges(t *testing.T) {
	for _, tt := range []struct {
		rates []rate
		want  int
	}{
		{nil, 0},
		{[]rate{{FPS: 30}}, 0},
		{[]rate{{FPS: 12}}, 1},
		{[]rate{{FPS: 30}, {At: 2, FPS: 12}, {At: 9, FPS: 12}, {At: 20, FPS: 15}}, 2},
	} {
		if got := rateChanges(30, tt.rates); got != tt.want {
			t.Errorf("%v: %d changes, want %d", tt.rates, got, tt.want)
		}
	}
}
