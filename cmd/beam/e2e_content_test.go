package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/judge"
	"beam/capture/marks"
)

const blockTone = 100 * time.Millisecond // window of the tone meter

// tones returns the levels of the tones in the file's sound.
func tones(t *testing.T, path string, hz ...float64) []marks.ToneWindow {
	t.Helper()
	windows, err := judge.Tones(limited(t), inspect.Tools{}, path, hz, blockTone)
	if err != nil {
		t.Fatal(err)
	}
	return windows
}

// steadyTone checks that the page's tone is heard at its level, and at no time
// anything of other. It tells from the second second on: before, Chrome may
// still be opening its output. On a busy machine Chrome itself drops some
// sound, which is no hole of the recording: whole tells of those.
func steadyTone(t *testing.T, path string, hz, other float64) {
	t.Helper()
	windows := tones(t, path, hz, other)
	steady, looked := 0, 0
	for _, w := range windows {
		if level := w.LevelsDBFS[0]; w.At >= 1500*time.Millisecond {
			looked++
			if level > toneLevelDBFS-3 && level < toneLevelDBFS+1 {
				steady++
			}
		}
		if w.LevelsDBFS[1] > -40 && w.LevelsDBFS[1] > w.LevelsDBFS[0]-20 {
			t.Errorf("at %v a tone of %.0f Hz has %.1f dBFS", w.At, other, w.LevelsDBFS[1])
		}
	}
	if looked < 10 || steady < looked/2 {
		t.Errorf("the tone of %.0f Hz is steady in %d of %d windows", hz, steady, looked)
	}
}

// shares returns the share of each colour in each picture of the file.
func shares(t *testing.T, path string, colours ...color.RGBA) (at []time.Duration, share [][]float64) {
	t.Helper()
	opt := inspect.PictureOptions{Scale: capture.Size{Width: 320}, Format: inspect.RGB}
	err := inspect.Tools{}.Pictures(limited(t), path, opt, func(p inspect.Picture) error {
		rgb := marks.NewRGB(p.Pix, p.W, p.H)
		row := make([]float64, len(colours))
		for i, c := range colours {
			row[i] = marks.Share(rgb, rgb.Rect, c, 24)
		}
		at, share = append(at, p.PTS), append(share, row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return at, share
}

// TestRecordDemo records the built-in room: everybody is seen and heard, and
// the report, the summary and beam inspect tell of it.
func TestRecordDemo(t *testing.T) {
	r := record(t, "demo", "--duration", "15s", "--capture", "screencast")
	r.ends(exitComplete)
	q := r.sound(15 * time.Second)
	if v := q.File.Video; v.Width != 1280 || v.Height != 720 || v.PixelFormat != "yuv420p" || v.ColourMatrix != "bt709" {
		t.Errorf("picture %dx%d %s %s", v.Width, v.Height, v.PixelFormat, v.ColourMatrix)
	}
	if a := q.File.Audio; a.SampleRate != 48000 || a.Channels != 2 || a.PrimingUnmarked {
		t.Errorf("sound: %+v", a)
	}

	people := demo.Participants()
	var colours []color.RGBA
	var voices []float64
	for _, p := range people {
		colours, voices = append(colours, p.Color), append(voices, p.ToneHz)
	}
	seen := make([]int, len(people))
	together := 0
	_, share := shares(t, r.out, colours...)
	for _, row := range share {
		all := true
		for i, s := range row {
			if s > 0.01 {
				seen[i]++
			} else {
				all = false
			}
		}
		if all {
			together++
		}
	}
	windows := tones(t, r.out, voices...)
	for i, p := range people {
		if seen[i] < 200 {
			t.Errorf("%s is in %d pictures of %d", p.Name, seen[i], len(share))
		}
		// Each speaks for 2.5 s at a time.
		if heard := marks.Present(windows, i, -25); len(heard) < 2 || len(heard) > 8 {
			t.Errorf("%s is heard in the seconds %v", p.Name, heard)
		}
	}
	if together < 100 {
		t.Errorf("all four are in %d pictures of %d", together, len(share))
	}

	report := r.report()
	whole(t, report)
	p := report.Pictures
	if p == nil || p.Encoded != q.Picture.Pictures || p.DistinctFPS < 15 || p.Captured < p.Distinct || p.Distinct+p.Repeated != p.Encoded {
		t.Errorf("pictures in the report: %+v; in the file: %+v", p, q.Picture)
	}
	if report.Width != 1280 || report.Height != 720 || report.FPS != 30 || report.Engine != beam.EngineScreencast ||
		report.StopReason != beam.ReasonDuration || len(report.Degraded) > 0 || report.Fault != "" || report.Bytes != q.File.Bytes ||
		report.FirstFrame <= 0 || time.Since(report.StartedAt) > 5*time.Minute || len(report.Resources) < 4 || report.Versions["chrome"] == "" {
		t.Errorf("report: %+v", report)
	}
	r.said("beam: recording demo at 1280x720, 30 fps to "+r.out, "picture: 1280x720, ", "sound: ", "used: ", "report: "+beam.ReportPath(r.out))
	if r.stdout.String() != "" {
		t.Errorf("printed on standard output: %s", r.stdout.String())
	}

	text, err := command(t, r.tmp, "inspect", r.out).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{", 1280x720, yuv420p bt709", "distinct", "aac LC, 48000 Hz, 2 channels", "0 holes", "together"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("inspect does not say %q:\n%s", want, text)
		}
	}
	text, err = command(t, r.tmp, "inspect", "--json", r.out).Output()
	if err != nil {
		t.Fatal(err)
	}
	var inspected inspect.Report
	if err := json.Unmarshal(text, &inspected); err != nil || inspected.Picture == nil || inspected.Picture.Pictures != q.Picture.Pictures {
		t.Errorf("inspect --json: %v:\n%s", err, text)
	}
}

// TestRecordTiming records the timing page with both engines.
func TestRecordTiming(t *testing.T) {
	url := demoPages(t).timing
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			attempt(t, func(t *testing.T) (faults []string) {
				const length = 8 * time.Second
				r := record(t, url, "--duration", length.String(), "--capture", engine)
				r.recordFor(0)
				r.ends(exitComplete)
				r.sound(length)
				whole(t, r.report())
				m, err := judge.JudgeTiming(limited(t), inspect.Tools{}, r.out)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%.1f distinct a second, longest freeze %.0f ms, offset %.0f ms, spread %.1f ms, wander %.0f ms",
					m.DistinctPerSecond, m.LongestFreezeMs, m.Offset.MedianMs, m.OffsetSpreadMs, m.PictureWanderMs)
				if m.Backwards > 0 {
					t.Errorf("the clock went back %d times", m.Backwards)
				}
				if m.DistinctPerSecond < 20 || m.Stretches != 1 {
					faults = append(faults, fmt.Sprintf("pictures: %+v", m.Motion))
				}
				if len(m.MissingBeeps) > 0 || m.StrayBeeps > 0 || m.Beeps < 6 {
					faults = append(faults, fmt.Sprintf("%d beeps, %v missing, %d stray", m.Beeps, m.MissingBeeps, m.StrayBeeps))
				}
				if spread := steadySpread(m.Seconds); spread > 60 || m.Offset.MedianMs < -200 || m.Offset.MedianMs > 100 {
					faults = append(faults, fmt.Sprintf("spread %.1f ms, offsets %+v", spread, m.Seconds))
				}
				return faults
			})
		})
	}
}

// steadySpread returns by how many milliseconds the offsets of the seconds
// differ, less the one that is farthest from the others: where the machine is
// busy, the page itself is late with a beep now and then.
func steadySpread(seconds []marks.SecondOffset) float64 {
	var offsets []float64
	for _, s := range seconds {
		offsets = append(offsets, s.FittedMs)
	}
	slices.Sort(offsets)
	n := len(offsets)
	if n < 3 {
		return math.Inf(1)
	}
	return min(offsets[n-1]-offsets[1], offsets[n-2]-offsets[0])
}

// TestRecordLipSync records a participant that flashes and beeps at once.
func TestRecordLipSync(t *testing.T) {
	url := demoPages(t).lipSync
	for _, engine := range []string{beam.EngineScreencast, beam.EngineX11} {
		t.Run(engine, func(t *testing.T) {
			attempt(t, func(t *testing.T) (faults []string) {
				const length = 8 * time.Second
				r := record(t, url, "--duration", length.String(), "--capture", engine)
				r.recordFor(0)
				r.ends(exitComplete)
				r.sound(length)
				m, err := judge.JudgeLipSync(limited(t), inspect.Tools{}, r.out)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("offset %.0f ms (%.0f to %.0f) over %d pairs, %.1f distinct a second",
					m.Offset.MedianMs, m.Offset.MinMs, m.Offset.MaxMs, len(m.Pairs), m.Clip.DistinctPerSecond)
				if len(m.Pairs) < 6 || m.Offset.MedianMs < -45 || m.Offset.MedianMs > 65 {
					faults = append(faults, fmt.Sprintf("offset %+v, %d pairs", m.Offset, len(m.Pairs)))
				}
				if m.Clip.DistinctPerSecond < 20 {
					faults = append(faults, fmt.Sprintf("clip: %+v", m.Clip))
				}
				return faults
			})
		})
	}
}

// TestTwoRecordings makes two recordings at once: each holds only its own page.
func TestTwoRecordings(t *testing.T) {
	red, blue := color.RGBA{200, 40, 40, 255}, color.RGBA{40, 60, 200, 255}
	const length = 5 * time.Second
	type one struct {
		colour, other color.RGBA
		hz, otherHz   int
		r             *recording
	}
	both := []one{{colour: red, other: blue, hz: 600, otherHz: 900}, {colour: blue, other: red, hz: 900, otherHz: 600}}
	for i := range both {
		o := &both[i]
		o.r = record(t, open(t, toned(o.colour, o.hz)).URL, "--duration", length.String(), "--resolution", "480p")
	}
	for _, o := range both {
		o.r.recordFor(0)
		o.r.completes()
	}
	for _, o := range both {
		o.r.sound(length)
		steadyTone(t, o.r.out, float64(o.hz), float64(o.otherHz))
		at, share := shares(t, o.r.out, o.colour, o.other)
		for i, s := range share {
			if s[0] < 0.9 || s[1] > 0.001 {
				t.Errorf("picture at %v: own colour %.3f, the other's %.3f", at[i], s[0], s[1])
				break
			}
		}
	}
}
