//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/beam"
)

// slowForJPEG is an ffmpeg that works at four fifths of real time where it is given
// JPEG files, and as it can where it is given raw frames: a machine that can't
// carry a screencast, however fast the one of the test is.
const slowForJPEG = `#!/bin/sh
case "$*" in
*bt601*) exec FFMPEG -readrate 0.8 "$@" ;;
*) exec FFMPEG "$@" ;;
esac
`

// TestEngineChanges records with a screencast that can't be carried: the rate is
// lowered, and then the frames come from x11, without joining again, in sync on
// both sides.
func TestEngineChanges(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	slow := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(slow, []byte(strings.ReplaceAll(slowForJPEG, "FFMPEG", ffmpeg)), 0o700); err != nil {
		t.Fatal(err)
	}
	r := &recording{t: t, tmp: privateDir(t), out: filepath.Join(t.TempDir(), "rec.mp4"), ended: make(chan struct{})}
	r.cmd = command(t, r.tmp, "record", demoPages(t).timing, "-o", r.out, "--capture", beam.EngineScreencast, "--resolution", "480p", "--max-duration", "3m")
	r.cmd.Env = append(r.cmd.Env, "BEAM_FFMPEG="+slow)
	r.run()
	r.until(2*time.Minute, "change the engine", func() bool {
		return strings.Contains(r.stderr.String(), "frames come from x11 instead of screencast")
	})
	time.Sleep(6 * time.Second) // of x11 in the file
	r.signal(syscall.SIGINT)
	r.ends(exitDegraded)
	r.said("the machine is too busy for 30 frames a second", "degraded: the machine was too busy")
	r.sound(0)
	report := r.report()
	if report.Engine != beam.EngineScreencast || len(report.EngineChanges) != 1 || report.EngineChanges[0].To != beam.EngineX11 ||
		report.Segments != 2 || len(report.Gaps) != 0 {
		t.Fatalf("engine %s, changes %+v, %d segments, gaps %+v", report.Engine, report.EngineChanges, report.Segments, report.Gaps)
	}
	renewed := func(r beam.RateReport) bool { return r.FPS == 30 && r.Reason == "engine" }
	if p := report.Pictures; p.Lowered == 0 || !slices.ContainsFunc(p.Rates, renewed) {
		t.Errorf("rates %+v", p.Rates)
	}
	m := judged(t, r)
	if m.Backwards > 0 || m.PictureWanderMs > 100 {
		t.Errorf("the page's clock went back %d times, and wanders by %.0f ms against the file's", m.Backwards, m.PictureWanderMs)
	}
	at := report.EngineChanges[0].At
	var before, behind []float64
	for _, s := range m.Seconds {
		if s.FileSeconds < at {
			before = append(before, s.OffsetMs)
		} else {
			behind = append(behind, s.OffsetMs)
		}
	}
	if len(before) < 3 || len(behind) < 3 {
		t.Fatalf("%d beeps before the change, %d behind", len(before), len(behind))
	}
	// Audio that Chrome itself plays late, on a busy machine, is not the change's.
	most := steadyMs + 1000*report.Machine.RunDelay["chrome"]
	if d := median(behind) - median(before); d < -most || d > most {
		t.Errorf("the offset of the sound is %.0f ms before the change, %.0f behind", median(before), median(behind))
	}
}
