package main

import (
	"image/color"
	"strings"
	"syscall"
	"testing"
	"time"

	"beam/beam"
)

// TestSignalDrains ends recordings with one signal: the file is finished.
func TestSignalDrains(t *testing.T) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		engine string
	}{
		{"SIGINT", syscall.SIGINT, beam.EngineScreencast},
		{"SIGTERM", syscall.SIGTERM, beam.EngineX11},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := record(t, url, "--capture", c.engine)
			r.recordFor(4 * time.Second)
			r.signal(c.signal)
			asked := time.Now()
			r.ends(exitComplete)
			t.Logf("ended %v after the signal", time.Since(asked).Round(time.Millisecond))
			q := r.sound(0)
			if d := q.File.DurationSeconds; d < 3.2 || d > 6 {
				t.Errorf("the file lasts %.2f s", d)
			}
			report := r.report()
			whole(t, report)
			if report.StopReason != beam.ReasonAsked || len(report.Degraded) > 0 {
				t.Errorf("report: %+v", report)
			}
			steadyTone(t, r.out, 700, 1400)
		})
	}
}

// TestSecondSignal ends a recording at once.
func TestSecondSignal(t *testing.T) {
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	for _, c := range []struct {
		second syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(c.second.String(), func(t *testing.T) {
			r := record(t, url, "--resolution", "480p")
			r.recordFor(3 * time.Second)
			r.signal(syscall.SIGINT)
			// Draining takes longer: pictures are held back for 150 ms.
			time.Sleep(30 * time.Millisecond)
			r.signal(c.second)
			asked := time.Now()
			r.ends(c.code)
			if took := time.Since(asked); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			r.said("warning: ended at once by a second signal")
			// What was written by then plays all the same.
			if q := quality(t, r.out); q.Picture == nil || q.Picture.Pictures == 0 || q.Picture.DecodeErrors > 0 {
				t.Errorf("picture: %+v", q.Picture)
			}
		})
	}
}

// TestPageEnds has the page itself end the recording.
func TestPageEnds(t *testing.T) {
	for _, c := range []struct {
		name, script string
		code         int
		reason, says string
	}{
		{"stop", `beam.stop('bye')`, exitComplete, beam.ReasonPage + ": bye", "(page asked to stop: bye)"},
		{"console", `console.log('END_RECORDING')`, exitComplete, beam.ReasonPage, "page asked to stop"},
		{"close", `window.close()`, exitComplete, beam.ReasonPageClosed, beam.ReasonPageClosed},
		{"fail", `beam.fail('no more seats')`, exitRoom, beam.ReasonFailure + ": " + beam.FailureInternal, "error: record the room: the page says: no more seats"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, gated(c.script))
			r := record(t, s.URL, "--resolution", "480p")
			r.recordFor(2200 * time.Millisecond)
			s.release()
			r.ends(c.code)
			r.said(c.says)
			q := r.sound(0)
			if d := q.File.DurationSeconds; d < 1.8 || d > 5 {
				t.Errorf("the file lasts %.2f s", d)
			}
			report := r.report()
			if !strings.HasPrefix(report.StopReason, c.reason) || (report.Fault != "") != (c.code != exitComplete) {
				t.Errorf("reason %q, fault %q", report.StopReason, report.Fault)
			}
		})
	}
}

// TestMaxDuration ends a recording at its limit, which is no fault.
func TestMaxDuration(t *testing.T) {
	r := record(t, open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL, "--resolution", "480p", "--max-duration", "3s")
	r.ends(exitComplete)
	r.sound(3 * time.Second)
	if report := r.report(); report.StopReason != beam.ReasonMaxDuration {
		t.Errorf("reason %q", report.StopReason)
	}
}
