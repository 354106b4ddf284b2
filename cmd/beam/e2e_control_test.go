package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/remote"
	"beam/capture/inspect"
	"beam/capture/judge"
)

// tell runs a command of Beam beside the recording, and returns what it printed
// and its exit code.
func (r *recording) tell(args ...string) (out string, code int) {
	r.t.Helper()
	var stdout, stderr buffer
	cmd := private(exec.Command(r.cmd.Path, args...), r.tmp)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		r.t.Fatal(err)
	}
	return stdout.String() + stderr.String(), cmd.ProcessState.ExitCode()
}

func (r *recording) told(args ...string) string {
	r.t.Helper()
	out, code := r.tell(args...)
	if code != exitComplete {
		r.t.Errorf("beam %s ended with %d: %s", strings.Join(args, " "), code, out)
	}
	return out
}

// TestPause leaves a pause out of the file, and keeps picture and sound in sync
// behind it.
func TestPause(t *testing.T) {
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			attempt(t, func(t *testing.T) (faults []string) {
				url := demoPages(t).timing
				r := record(t, url, "--capture", engine, "--resolution", "480p", "--duration", "10s", "--id", "standup")
				r.recordFor(5 * time.Second)
				r.told("pause", "standup")
				r.says("paused")
				if out, code := r.tell("pause"); code != exitUsage || !strings.Contains(out, "paused already") {
					t.Errorf("a second pause: %d, %s", code, out)
				}
				time.Sleep(5 * time.Second)
				var s remote.Status
				if err := json.Unmarshal([]byte(r.told("status", "--json")), &s); err != nil || s.State != "paused" || !s.Healthy || s.ID != "standup" {
					t.Errorf("status %+v, %v", s, err)
				}
				r.told("resume")
				r.told("mark", "Next item")
				r.completes()
				report := r.report()
				if len(report.Pauses) != 1 || report.Pauses[0].To-report.Pauses[0].From < 4.9 || report.Segments != 2 {
					t.Errorf("pauses %+v, %d segments", report.Pauses, report.Segments)
				}
				if !slices.ContainsFunc(report.Chapters, func(c beam.ChapterReport) bool { return c.Text == "Next item" }) {
					t.Errorf("chapters %+v", report.Chapters)
				}
				q := r.kept(9900 * time.Millisecond)
				if math.Abs(q.File.DurationSeconds-10) > 0.1 {
					t.Errorf("the file lasts %.3f s", q.File.DurationSeconds)
				}
				got, err := judge.JudgeTiming(limited(t), inspect.Tools{}, r.out)
				if err != nil {
					t.Fatal(err)
				}
				// The offset of the sound against the picture, on both sides of the
				// pause; a busy machine moves single beeps.
				var before, behind []float64
				for _, s := range got.Seconds {
					if s.FileSeconds < report.Pauses[0].From {
						before = append(before, s.OffsetMs)
					} else {
						behind = append(behind, s.OffsetMs)
					}
				}
				if len(before) < 3 || len(behind) < 3 || math.Abs(median(before)-median(behind)) > 60 {
					faults = append(faults, fmt.Sprintf("offsets before the pause %.0f, behind %.0f", before, behind))
				}
				return faults
			})
		})
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// TestControl stops a recording from outside, and refuses what can't be done.
func TestControl(t *testing.T) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	r := record(t, url, "--capture", "screencast", "--resolution", "480p", "--id", "one")
	r.recordFor(3 * time.Second)
	if _, code := r.tell("status", "--health"); code != 0 {
		t.Errorf("health %d", code)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"resume"}, "not paused"},
		{[]string{"layout", "mosaic"}, `layout "mosaic" is not known`},
		{[]string{"stop", "two"}, "no such recording"},
		{[]string{"stop", "../one"}, "can't be the id"},
		{[]string{"mark", ""}, "1 to 500"},
	} {
		if out, code := r.tell(c.args...); code != exitUsage || !strings.Contains(out, c.says) {
			t.Errorf("%q: %d, %s", c.args, code, out)
		}
	}
	second := recordTo(t, r.tmp, r.out+".two.mp4", url, "--id", "one")
	<-second.ended
	if second.code() != exitUsage || !strings.Contains(second.stderr.String(), "choose another --id") {
		t.Errorf("the same id: %d, %s", second.code(), second.stderr.String())
	}
	r.told("stop", "--wait")
	r.ends(exitComplete)
	if report := r.report(); report.StopReason != beam.ReasonAsked || report.ID != "one" {
		t.Errorf("report %+v", report)
	}
	if out, code := r.tell("stop"); code != exitUsage || !strings.Contains(out, "nothing is being recorded") {
		t.Errorf("stop: %d, %s", code, out)
	}
	if _, code := r.tell("status", "--health"); code != exitInternal {
		t.Errorf("health %d", code)
	}
}

// TestControlAfterKill finds that a killed recording is gone.
func TestControlAfterKill(t *testing.T) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	r := record(t, url, "--capture", "screencast", "--resolution", "480p", "--id", "gone")
	r.recordFor(2 * time.Second)
	r.signal(syscall.SIGKILL)
	<-r.ended
	if out, code := r.tell("pause", "gone"); code != exitUsage || !strings.Contains(out, "no such recording is running") {
		t.Errorf("pause: %d, %s", code, out)
	}
	next := recordTo(t, r.tmp, r.out+".next.mp4", url, "--id", "gone", "--duration", "2s", "--resolution", "480p")
	next.completes()
}
