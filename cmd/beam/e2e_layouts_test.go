package main

import (
	"fmt"
	"image"
	"image/color"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/marks"
	"beam/layout/stage/stagetest"
)

// spot is where a colour is in a picture.
type spot struct {
	box  image.Rectangle // the smallest with all of it
	fill float64         // share of the box
}

// spots returns where each colour is in each picture of the file, which is made
// 320 pixels wide.
func spots(t *testing.T, path string, colours ...color.RGBA) (at []time.Duration, all [][]spot) {
	t.Helper()
	opt := inspect.PictureOptions{Scale: capture.Size{Width: 320}, Format: inspect.RGB}
	err := inspect.Tools{}.Pictures(limited(t), path, opt, func(p inspect.Picture) error {
		row := make([]spot, len(colours))
		for i, c := range colours {
			row[i] = find(p, c)
		}
		at, all = append(at, p.PTS), append(all, row)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return at, all
}

func find(p inspect.Picture, c color.RGBA) spot {
	const near = 24
	close := func(a, b uint8) bool { return max(a, b)-min(a, b) <= near }
	var s spot
	count := 0
	for y := range p.H {
		for x := range p.W {
			i := 3 * (y*p.W + x)
			if close(p.Pix[i], c.R) && close(p.Pix[i+1], c.G) && close(p.Pix[i+2], c.B) {
				count++
				s.box = s.box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	if area := s.box.Dx() * s.box.Dy(); area > 0 {
		s.fill = float64(count) / float64(area)
	}
	return s
}

func demoPeople() (colours []color.RGBA, voices []float64) {
	for _, p := range demo.Participants() {
		colours, voices = append(colours, p.Color), append(voices, p.ToneHz)
	}
	return colours, voices
}

// TestLayouts records the demo room with each layout of the stage, in both
// orientations: everybody is where the layout puts them, and is heard.
func TestLayouts(t *testing.T) {
	colours, voices := demoPeople()
	for _, c := range []struct{ layout, orientation string }{
		{"grid", "landscape"}, {"grid", "portrait"}, {"speaker", "landscape"}, {"speaker", "portrait"}, {"spotlight", "landscape"}, {"spotlight", "portrait"},
	} {
		t.Run(c.layout+" "+c.orientation, func(t *testing.T) {
			t.Parallel()
			size, height := "480p", 180
			if c.orientation == "portrait" {
				size, height = "720p", 320*1280/720 // 480 is less than a picture has to be wide
			}
			r := record(t, "demo", "--layout", c.layout, "--orientation", c.orientation, "--resolution", size, "--duration", "14s", "--capture", "x11")
			r.completes()
			at, all := spots(t, r.out, colours...)
			// While Ben speaks and nobody shares: Dev comes after 2 s, Ben speaks from
			// 2.5 to 5 s and shares from 6 s of the room's time, which began a moment
			// before the recording. The stage follows a speaker within a second.
			good, looked := 0, 0
			for i, row := range all {
				if at[i] > 3500*time.Millisecond && at[i] < 4800*time.Millisecond {
					looked++
					if placed(c.layout, row, 320, height) {
						good++
					}
				}
			}
			if looked < 20 || good < looked*8/10 {
				t.Errorf("people are in place in %d of %d pictures; in one they are at %v", good, looked, all[len(all)/4])
			}
			windows := tones(t, r.out, voices...)
			for i, p := range demo.Participants() {
				if heard := marks.Present(windows, i, -25); len(heard) < 2 || len(heard) > 8 {
					t.Errorf("%s is heard in the seconds %v", p.Name, heard)
				}
			}
			report := r.report()
			if report.Layout != c.layout || report.Platform != "demo" || len(report.Participants) != 4 {
				t.Errorf("layout %q, platform %q, %d people", report.Layout, report.Platform, len(report.Participants))
			}
			for _, p := range report.Participants {
				if p.Name == "" || p.Role == "" || !p.Recorded || len(p.Spoke) == 0 {
					t.Errorf("%+v", p)
				}
			}
			if !slices.ContainsFunc(report.Chapters, func(c beam.ChapterReport) bool { return strings.Contains(c.Text, "shares a screen") }) {
				t.Errorf("chapters %+v", report.Chapters)
			}
		})
	}
}

// placed tells whether four people are where a layout puts them.
func placed(layout string, row []spot, width, height int) bool {
	slices.SortFunc(row, func(a, b spot) int { return b.box.Dx()*b.box.Dy() - a.box.Dx()*a.box.Dy() })
	area := func(s spot) float64 { return float64(s.box.Dx()*s.box.Dy()) / float64(width*height) }
	for i, s := range row {
		for _, other := range row[:i] {
			if s.box.Overlaps(other.box) {
				return false
			}
		}
		if s.box.Dx() > 0 && s.fill < 0.5 {
			return false
		}
	}
	switch layout {
	case "grid": // all alike
		return area(row[3]) > 0.1 && area(row[3]) > 0.8*area(row[0])
	case "speaker": // one large, three small beside or below
		below := row[3].box.Min.Y >= row[0].box.Max.Y-2
		beside := row[3].box.Min.X >= row[0].box.Max.X-2
		return area(row[0]) > 3*area(row[1]) && area(row[3]) > 0.01 && below == (height > width) && beside == (height < width)
	default: // one alone
		return area(row[0]) > 0.2 && area(row[1]) == 0
	}
}

// TestRoles leaves everybody but the host out: neither seen nor heard, at no
// time, in the stage and in the page's own interface.
func TestRoles(t *testing.T) {
	colours, voices := demoPeople()
	for _, layout := range []string{"grid", "native"} {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			r := record(t, "demo", "--layout", layout, "--accent", "white", "--role", "host", "--resolution", "480p", "--duration", "14s", "--capture", "x11")
			r.completes()
			_, share := shares(t, r.out, colours...)
			host := 0
			for i, row := range share {
				if row[0] > 0.02 {
					host++
				}
				for n, s := range row[1:] {
					if s > 0.002 {
						t.Fatalf("%s has %.3f of picture %d", demo.Participants()[n+1].Name, s, i)
					}
				}
			}
			if host < len(share)*7/10 {
				t.Errorf("the host is in %d of %d pictures", host, len(share))
			}
			heard := 0
			for _, w := range tones(t, r.out, voices...) {
				if w.LevelsDBFS[0] > -25 {
					heard++
				}
				for n, level := range w.LevelsDBFS[1:] {
					// Sound that a busy Chrome drops clicks in every frequency, below
					// the level of a voice.
					if level > -30 || level > -50 && w.LevelsDBFS[0] < -50 {
						t.Errorf("%s is heard at %v: %v", demo.Participants()[n+1].Name, w.At, w.LevelsDBFS)
					}
				}
			}
			if heard == 0 {
				t.Error("the host is not heard")
			}
			for _, p := range r.report().Participants {
				if p.Recorded != (p.Role == "host") {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// TestPlainRoom records a page that knows nothing of Beam.
func TestPlainRoom(t *testing.T) {
	room := stagetest.Serve()
	t.Cleanup(room.Close)
	people := stagetest.People(4)
	var colours []color.RGBA
	var voices []float64
	for _, p := range people {
		colours, voices = append(colours, p.Color), append(voices, p.ToneHz)
	}
	for _, layout := range []string{"grid", "speaker"} {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			r := record(t, room.URL+"/?people=4&speak=all", "--layout", layout, "--resolution", "480p", "--duration", "6s", "--capture", "x11")
			r.completes()
			_, all := spots(t, r.out, colours...)
			last := all[len(all)-10]
			if !placed(layout, last, 320, 180) {
				t.Errorf("people are at %v", last)
			}
			windows := tones(t, r.out, voices...)
			for i, p := range people {
				if heard := marks.Present(windows, i, -40); len(heard) < 2 {
					t.Errorf("%s is heard in the seconds %v", p.Name, heard)
				}
			}
		})
	}
}

// TestLayoutChange changes the layout while recording: within a second on the
// screen, without a black picture, and a chapter of the file.
func TestLayoutChange(t *testing.T) {
	room := stagetest.Serve()
	t.Cleanup(room.Close)
	var colours []color.RGBA
	for _, p := range stagetest.People(4) {
		colours = append(colours, p.Color)
	}
	r := record(t, room.URL+"/?people=4&speak=p2", "--layout", "grid", "--resolution", "480p", "--duration", "9s", "--capture", "x11")
	r.recordFor(4 * time.Second)
	r.told("layout", "speaker")
	r.completes()
	report := r.report()
	i := slices.IndexFunc(report.Chapters, func(c beam.ChapterReport) bool { return c.Text == "Layout: speaker" })
	if i < 0 || report.Layout != "speaker" {
		t.Fatalf("chapters %+v, layout %s", report.Chapters, report.Layout)
	}
	changed := time.Duration(report.Chapters[i].At * float64(time.Second))
	at, all := spots(t, r.out, colours...)
	for i, row := range all {
		filled := 0
		for _, s := range row {
			filled += int(s.fill * float64(s.box.Dx()*s.box.Dy()))
		}
		if at[i] > 500*time.Millisecond && filled < 320*180/4 {
			t.Errorf("at %v only %d of %d pixels show anybody", at[i], filled, 320*180)
		}
		before, behind := at[i] > time.Second && at[i] < changed-200*time.Millisecond, at[i] > changed+time.Second
		if before && !placed("grid", row, 320, 180) || behind && !placed("speaker", row, 320, 180) {
			t.Fatalf("at %v, the layout changed at %v: %v", at[i], changed, row)
		}
	}
}

// TestLayoutPage records a layout page in the way of LiveKit Egress templates.
func TestLayoutPage(t *testing.T) {
	var asked string
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/template" {
			http.NotFound(w, r)
			return
		}
		asked = r.URL.RawQuery
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>template</title><link rel=icon href=data:,><body style="margin:0;background:rgb(20,140,60)"><script>
			setTimeout(() => console.log('START_RECORDING'), 700);
			setTimeout(() => console.log('END_RECORDING'), 5000);
		</script>`)
	}))
	t.Cleanup(page.Close)
	r := record(t, page.URL+"/room", "--layout", page.URL+"/template", "--resolution", "480p", "--capture", "screencast")
	r.completes()
	if report := r.report(); !strings.HasPrefix(report.StopReason, beam.ReasonPage) || !strings.Contains(report.ReadyReason, "START_RECORDING") {
		t.Errorf("report: %+v", report)
	}
	if !strings.Contains(asked, "url=") {
		t.Errorf("asked for with %q", asked)
	}
}
