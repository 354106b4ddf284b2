//go:build e2e

package e2e

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
	t.Parallel()
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
			t.Parallel()
			r := record(t, url, "--capture", c.engine, "--resolution", "480p")
			r.recordFor(3 * time.Second)
			r.signal(c.signal)
			r.completes()
			q := r.sound(0)
			// What was recorded before the signal is all there.
			if q.File.DurationSeconds < 2.8 {
				t.Errorf("the file lasts %.2f s", q.File.DurationSeconds)
			}
			report := r.report()
			whole(t, report)
			if report.StopReason != beam.ReasonAsked {
				t.Errorf("report: %+v", report)
			}
			steadyTone(t, r.out, 700, 1400)
		})
	}
}

// TestSecondSignal ends a recording at once.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	url := open(t, toned(color.RGBA{40, 80, 160, 255}, 700)).URL
	for _, c := range []struct {
		second syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(c.second.String(), func(t *testing.T) {
			t.Parallel()
			r := record(t, url, "--resolution", "480p")
			r.wrote()
			// An encoder that stands still keeps Beam from finishing for a moment, and
			// what Beam says tells that the first signal has been taken.
			r.stop("ffmpeg", isFFmpeg)
			r.signal(syscall.SIGINT)
			r.says("beam: finishing")
			r.signal(c.second)
			r.ends(c.code)
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
	t.Parallel()
	for _, c := range []struct {
		name, script string
		code         int
		reason, says string
		flags        []string // what gives the page a voice; %s for its address
	}{
		{"stop", `beam.stop('bye')`, exitComplete, beam.ReasonPage + ": bye", "(page asked to stop: bye)", []string{"--platform", "page"}},
		{"console", `console.log('END_RECORDING')`, exitComplete, beam.ReasonPage, "page asked to stop", []string{"--layout", "%s"}},
		{"close", `window.close()`, exitComplete, beam.ReasonPageClosed, beam.ReasonPageClosed, nil},
		{"fail", `beam.fail('no more seats')`, exitRoom, beam.ReasonFailure + ": " + beam.FailureInternal, "error: record the room: the page says: no more seats", []string{"--platform", "page"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := open(t, gated(c.script))
			flags := []string{"--resolution", "480p"}
			for _, f := range c.flags {
				flags = append(flags, strings.Replace(f, "%s", s.URL, 1))
			}
			r := record(t, s.URL, flags...)
			r.recordFor(2 * time.Second)
			s.release()
			if c.code == exitComplete {
				r.completes()
			} else {
				r.ends(c.code)
			}
			r.said(c.says)
			q := r.sound(0)
			if q.File.DurationSeconds < 1.8 {
				t.Errorf("the file lasts %.2f s", q.File.DurationSeconds)
			}
			report := r.report()
			if !strings.HasPrefix(report.StopReason, c.reason) || (report.Fault != "") != (c.code != exitComplete) {
				t.Errorf("reason %q, fault %q", report.StopReason, report.Fault)
			}
		})
	}
}
