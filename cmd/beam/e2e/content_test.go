//go:build e2e

package e2e

import (
	"encoding/json"
	"image/color"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
	"beam/capture/inspect/testpattern"
)

const blockTone = 100 * time.Millisecond // window of the tone meter

// tones returns the levels of the tones in the file's sound.
func tones(t *testing.T, path string, hz ...float64) []testpattern.ToneWindow {
	t.Helper()
	windows, err := avsync.Tones(limited(t), inspect.Tools{}, path, hz, blockTone)
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
		rgb := testpattern.NewRGB(p.Pix, p.W, p.H)
		row := make([]float64, len(colours))
		for i, c := range colours {
			row[i] = testpattern.Share(rgb, rgb.Rect, c, 24)
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
	t.Parallel()
	r := record(t, "demo", "--duration", "15s", "--capture", "screencast")
	r.completes()
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
		if heard := testpattern.Present(windows, i, -25); len(heard) < 2 || len(heard) > 8 {
			t.Errorf("%s is heard in the seconds %v", p.Name, heard)
		}
	}
	if together < 100 {
		t.Errorf("all four are in %d pictures of %d", together, len(share))
	}

	report := r.report()
	whole(t, report)
	p := report.Pictures
	// The file shows no more distinct pictures than the report counts. It may
	// show fewer: of two that were captured one after the other, the second can
	// look the same. Each further segment begins with a keyframe of its own, which
	// may look like another picture.
	if p == nil || p.Encoded != q.Picture.Pictures || q.Picture.Distinct > p.Distinct+report.Segments-1 || q.Picture.Distinct < p.Distinct/2 ||
		p.Captured < p.Distinct || p.Distinct+p.Repeated != p.Encoded {
		t.Errorf("pictures in the report: %+v; in the file: %+v", p, q.Picture)
	}
	if report.Width != 1280 || report.Height != 720 || report.FPS != 30 || report.Engine != beam.EngineScreencast ||
		report.StopReason != beam.ReasonDuration || report.Fault != "" || report.Bytes != q.File.Bytes ||
		report.FirstFrame <= 0 || report.StartedAt.Before(r.started) || report.StartedAt.After(time.Now()) || len(report.Resources) < 4 || report.Versions["chrome"] == "" {
		t.Errorf("report: %+v", report)
	}
	r.said("beam: recording demo at 1280x720, 30 fps to "+r.out, "video: 1280x720, ", "audio: ", "used: ", "report: "+beam.ReportPath(r.out))
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

// TestTwoRecordings makes two recordings at once: each holds only its own page.
func TestTwoRecordings(t *testing.T) {
	t.Parallel()
	red, blue := color.RGBA{200, 40, 40, 255}, color.RGBA{40, 60, 200, 255}
	const length = 4 * time.Second
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
		o.r.begins()
	}
	for _, o := range both {
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
