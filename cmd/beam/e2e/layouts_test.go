//go:build e2e

package e2e

import (
	"fmt"
	"image"
	"image/color"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"beam/beam"
	"beam/beam/demo"
	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
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
	alike := func(a, b uint8) bool { return max(a, b)-min(a, b) <= near }
	var s spot
	count := 0
	for y := range p.H {
		for x := range p.W {
			i := 3 * (y*p.W + x)
			if alike(p.Pix[i], c.R) && alike(p.Pix[i+1], c.G) && alike(p.Pix[i+2], c.B) {
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

// The tests of layouts record at 480p, and portrait at 720p, as 480 is less than
// a picture has to be wide. The pictures are looked at 320 wide.
const spotWidth, spotHeight, portraitHeight = 320, 180, 320 * 1280 / 720

// inPlace is how many pictures in a row have to show a layout: two thirds of a
// second. How soon it is there depends on the machine, that it stays does not.
const inPlace = 20

// laidOut returns how many pictures in a row, at most, show the layout between
// two times of the file.
func laidOut(at []time.Duration, all [][]spot, layout string, height int, from, to time.Duration) (most int) {
	run := 0
	for i, row := range all {
		if at[i] < from || at[i] >= to || !placed(layout, row, spotWidth, height) {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	return most
}

// TestLayouts records the demo room on the stage: everybody is in place and is
// heard, and the report tells who was there and what happened.
func TestLayouts(t *testing.T) {
	t.Parallel()
	colours, voices := demoPeople()
	r := record(t, "demo", "--layout", "grid", "--resolution", "480p", "--duration", "14s", "--capture", "x11")
	r.completes()
	report := r.report()
	at, all := spots(t, r.out, colours...)
	if n := laidOut(at, all, "grid", spotHeight, 0, time.Hour); n < inPlace {
		t.Errorf("everybody is in the grid in no more than %d pictures in a row", n)
	}
	windows := tones(t, r.out, voices...)
	for i, p := range demo.Participants() {
		if heard := testpattern.Present(windows, i, -25); len(heard) < 2 || len(heard) > 8 {
			t.Errorf("%s is heard in the seconds %v", p.Name, heard)
		}
	}
	if report.Layout != "grid" || report.Platform != "demo" || len(report.Participants) != 4 {
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
}

// placed tells whether four people are where a layout puts them.
func placed(layout string, row []spot, width, height int) bool {
	row = slices.Clone(row)
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
	t.Parallel()
	colours, voices := demoPeople()
	for _, layout := range []string{"grid", "native"} {
		t.Run(layout, func(t *testing.T) {
			t.Parallel()
			r := record(t, "demo", "--layout", layout, "--accent", "white", "--role", "host", "--resolution", "480p", "--duration", "13s", "--capture", "x11")
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

// TestLayoutChange records a page that knows nothing of Beam, in both
// orientations, and changes the layout while recording: each is on the screen
// between its chapter and the next, the one before does not come back, no
// picture is black, and everybody is heard.
func TestLayoutChange(t *testing.T) {
	t.Parallel()
	room := stagetest.Serve()
	t.Cleanup(room.Close)
	people := stagetest.People(4)
	var colours []color.RGBA
	var voices []float64
	for _, p := range people {
		colours, voices = append(colours, p.Color), append(voices, p.ToneHz)
	}
	for _, c := range []struct {
		orientation, size string
		height            int
		layouts           []string
	}{
		{"landscape", "480p", spotHeight, []string{"grid", "speaker", "spotlight"}},
		{"portrait", "720p", portraitHeight, []string{"spotlight", "speaker", "grid"}},
	} {
		t.Run(c.orientation, func(t *testing.T) {
			t.Parallel()
			r := record(t, room.URL+"/?people=4&speak=all", "--layout", c.layouts[0], "--orientation", c.orientation, "--resolution", c.size, "--capture", "x11")
			r.recordFor(3 * time.Second)
			for _, layout := range c.layouts[1:] {
				r.told("layout", layout)
				time.Sleep(3 * time.Second) // of the file that show it
			}
			r.told("stop", "--wait")
			r.completes()
			report := r.report()
			changes := []time.Duration{0}
			for _, name := range c.layouts[1:] {
				i := slices.IndexFunc(report.Chapters, func(c beam.ChapterReport) bool { return c.Text == "Layout: "+name })
				if i < 0 {
					t.Fatalf("no chapter of the layout %s in %+v", name, report.Chapters)
				}
				changes = append(changes, time.Duration(report.Chapters[i].At*float64(time.Second)))
			}
			if changes = append(changes, time.Hour); report.Layout != c.layouts[2] {
				t.Errorf("layout %s at the end", report.Layout)
			}
			at, all := spots(t, r.out, colours...)
			for n, layout := range c.layouts {
				if in := laidOut(at, all, layout, c.height, changes[n], changes[n+1]); in < inPlace {
					t.Errorf("%s is seen in no more than %d pictures in a row of those from %v to %v", layout, in, changes[n], changes[n+1])
				}
				if n == 0 {
					continue
				}
				// In order: once the new one is there, the one before is gone.
				came := slices.IndexFunc(at, func(d time.Duration) bool { return d >= changes[n] })
				for came < len(all) && !placed(layout, all[came], spotWidth, c.height) {
					came++
				}
				if again := laidOut(at[came:], all[came:], c.layouts[n-1], c.height, 0, time.Hour); again > 0 {
					t.Errorf("%s is seen again in %d pictures after %s", c.layouts[n-1], again, layout)
				}
			}
			shown := false
			for i, row := range all {
				filled := 0
				for _, s := range row {
					filled += int(s.fill * float64(s.box.Dx()*s.box.Dy()))
				}
				shown = shown || placed(c.layouts[0], row, spotWidth, c.height)
				if shown && filled < spotWidth*c.height/5 {
					t.Errorf("at %v only %d of %d pixels show anybody", at[i], filled, spotWidth*c.height)
				}
			}
			windows := tones(t, r.out, voices...)
			for i, p := range people {
				if heard := testpattern.Present(windows, i, -40); len(heard) < 2 {
					t.Errorf("%s is heard in the seconds %v", p.Name, heard)
				}
			}
		})
	}
}

// TestLayoutPage records a layout page in the way of LiveKit Egress templates.
func TestLayoutPage(t *testing.T) {
	t.Parallel()
	var asked atomic.Value
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/template" {
			http.NotFound(w, r)
			return
		}
		asked.Store(r.URL.RawQuery)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><title>template</title><link rel=icon href=data:,><body style="margin:0;background:rgb(20,140,60)"><script>
			setTimeout(() => console.log('START_RECORDING'), 700);
			setTimeout(() => console.log('END_RECORDING'), 4000);
		</script>`)
	}))
	t.Cleanup(page.Close)
	r := record(t, page.URL+"/room", "--layout", page.URL+"/template", "--resolution", "480p", "--capture", "screencast")
	r.completes()
	if report := r.report(); !strings.HasPrefix(report.StopReason, beam.ReasonPage) || !strings.Contains(report.ReadyReason, "START_RECORDING") {
		t.Errorf("report: %+v", report)
	}
	if query, _ := asked.Load().(string); !strings.Contains(query, "url=") {
		t.Errorf("asked for with %q", query)
	}
}
