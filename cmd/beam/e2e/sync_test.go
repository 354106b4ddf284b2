//go:build e2e

package e2e

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/control"
	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
)

// What is asserted of sync, on the medians of beeps. Sound may be as late as the
// threads of Chrome that it passes waited for a processor, which the report tells
// and which is next to nothing on a machine with cores left; but never more than
// what nobody minds (ITU-R BT.1359). These tests are not parallel: nothing else is
// recorded beside them.
const (
	earliestSoundMs = -45
	latestSoundMs   = 65
	mostLateMs      = 185 // BT.1359: 185 ms late
	// Between the two sides of a pause: what the page is late with changes.
	steadyMs = 60
)

// latest returns how late the sound may be in a recording, ms.
func latest(report beam.Report) float64 {
	return min(mostLateMs, latestSoundMs+1000*report.Machine.RunDelay["chrome"])
}

// TestTiming records the timing page with both engines, and pauses in the
// middle: the pause is not in the file, picture and sound are in order and in
// sync on both sides of it, and each picture that was captured is in the file.
func TestTiming(t *testing.T) {
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			const length = 10 * time.Second
			r := record(t, demoPages(t).timing, "--capture", engine, "--resolution", "480p", "--duration", length.String(), "--id", "standup")
			r.recordFor(5 * time.Second)
			r.told("pause", "standup")
			r.says("paused")
			if out, code := r.tell("pause"); code != exitUsage || !strings.Contains(out, "paused already") {
				t.Errorf("a second pause: %d, %s", code, out)
			}
			time.Sleep(2 * time.Second) // the pause
			var s control.Status
			if err := json.Unmarshal([]byte(r.told("status", "--json")), &s); err != nil || s.State != "paused" || !s.Healthy || s.ID != "standup" {
				t.Errorf("status %+v, %v", s, err)
			}
			r.told("resume")
			r.told("mark", "Next item")
			r.completes()

			q := r.sound(length)
			report := r.report()
			whole(t, report)
			if len(report.Pauses) != 1 || report.Pauses[0].To-report.Pauses[0].From < 2 || report.Segments != 2 {
				t.Fatalf("pauses %+v, %d segments", report.Pauses, report.Segments)
			}
			if !slices.ContainsFunc(report.Chapters, func(c beam.ChapterReport) bool { return c.Text == "Next item" }) {
				t.Errorf("chapters %+v", report.Chapters)
			}
			m := judged(t, r)
			if pause := 1000 * (report.Pauses[0].To - report.Pauses[0].From); m.Stretches < 2 || m.LongestStepMs < pause-500 {
				t.Errorf("%d stretches of the page's clock, the longest step %.0f ms: the pause was %.0f ms", m.Stretches, m.LongestStepMs, pause)
			}
			if p := report.Pictures; p == nil || p.Encoded != q.Picture.Pictures || m.Distinct > p.Distinct {
				t.Errorf("%d distinct pictures of %d in the file; the report says %+v", m.Distinct, q.Picture.Pictures, p)
			}
			var before, behind []float64
			for _, s := range m.Seconds {
				if s.FileSeconds < report.Pauses[0].From {
					before = append(before, s.OffsetMs)
				} else {
					behind = append(behind, s.OffsetMs)
				}
			}
			if len(before) < 3 || len(behind) < 3 {
				t.Fatalf("offsets before the pause %.0f, behind %.0f", before, behind)
			}
			first, second := median(before), median(behind)
			if math.Abs(first-second) > steadyMs || min(first, second) < earliestSoundMs || max(first, second) > latest(report) {
				t.Errorf("offsets before the pause %.0f, behind %.0f", before, behind)
			}
		})
	}
}

// judged measures a recording of the timing page: the page's clock never goes
// back, and most beeps are those of the page; one that a busy Chrome breaks counts
// as stray.
func judged(t *testing.T, r *recording) avsync.Timing {
	t.Helper()
	m, err := avsync.JudgeTiming(limited(t), inspect.Tools{}, r.out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f distinct a second, longest freeze %.0f ms, offset %.0f ms, spread %.1f ms, wander %.0f ms, beeps missing: %v",
		m.DistinctPerSecond, m.LongestFreezeMs, m.Offset.MedianMs, m.OffsetSpreadMs, m.PictureWanderMs, m.MissingBeeps)
	if m.Backwards > 0 || m.StrayBeeps > len(m.Seconds)/2 || m.Unreadable > 0 {
		t.Errorf("the clock went back %d times; %d stray beeps; %d unreadable pictures", m.Backwards, m.StrayBeeps, m.Unreadable)
	}
	return m
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// TestLipSync records a participant that flashes and beeps at once.
func TestLipSync(t *testing.T) {
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			const length = 8 * time.Second
			r := record(t, demoPages(t).lipSync, "--duration", length.String(), "--resolution", "480p", "--capture", engine, "--tracks")
			r.completes()
			r.sound(length)
			m, err := avsync.JudgeLipSync(limited(t), inspect.Tools{}, r.out)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("offset %.0f ms (%.0f to %.0f) over %d pairs, %.1f distinct a second",
				m.Offset.MedianMs, m.Offset.MinMs, m.Offset.MaxMs, len(m.Pairs), m.Clip.DistinctPerSecond)
			if len(m.Pairs) < 4 || m.Offset.MedianMs < earliestSoundMs || m.Offset.MedianMs > latest(r.report()) {
				t.Errorf("offset %+v, %d pairs", m.Offset, len(m.Pairs))
			}
			apart(t, r, m)
		})
	}
}
