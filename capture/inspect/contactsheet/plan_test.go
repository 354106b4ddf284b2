package contactsheet

import (
	"image"
	"math"
	"strings"
	"testing"
	"time"

	"beam/capture/inspect"
)

func TestMakePlan(t *testing.T) {
	for _, test := range []struct {
		name           string
		o              Options
		w, h, pictures int
		cells          int
		first          image.Point // size of a cell
	}{
		{"landscape", Options{}, 1280, 720, 600, 16, image.Pt(382, 214)},
		{"portrait", Options{}, 720, 1280, 600, 16, image.Pt(187, 332)},
		{"square", Options{}, 500, 500, 600, 16, image.Pt(382, 382)},
		{"one picture", Options{}, 1280, 720, 1, 1, image.Pt(1102, 620)},
		{"five pictures", Options{}, 1280, 720, 5, 5, image.Pt(382, 214)},
		{"two columns", Options{Columns: 2, Rows: 3}, 1280, 720, 600, 6, image.Pt(772, 434)},
		{"absurd", Options{Columns: 1000, Rows: 1000}, 1280, 720, 1e9, 640, image.Pt(89, 50)},
		{"a line", Options{}, 10000, 2, 600, 16, image.Pt(382, 1)},
		{"sound", Options{}, 0, 0, 0, 0, image.Point{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			const length = 80 * time.Second
			p := makePlan(test.o, test.w, test.h, test.pictures, length)
			if len(p.cells) != test.cells || len(p.times) != test.cells {
				t.Fatalf("%d cells, %d times", len(p.cells), len(p.times))
			}
			all := image.Rectangle{Max: p.size}
			for i, c := range p.cells {
				if c.Size() != test.first || !c.In(all) || c.Overlaps(p.wave) || c.Min.Y < headHeight {
					t.Errorf("cell %d: %v", i, c)
				}
				if i > 0 && (p.times[i] <= p.times[i-1] || c.Overlaps(p.cells[i-1])) || p.times[i] <= 0 || p.times[i] >= length {
					t.Errorf("cell %d at %v", i, p.times[i])
				}
			}
			if !p.wave.In(all) || p.size.X != sheetWidth || p.size.Y > 3000 {
				t.Errorf("size %v, wave %v", p.size, p.wave)
			}
		})
	}
}

func TestTicks(t *testing.T) {
	for length, want := range map[time.Duration]time.Duration{
		500 * time.Millisecond: 100 * time.Millisecond,
		12 * time.Second:       time.Second,
		45 * time.Second:       5 * time.Second,
		10 * time.Minute:       time.Minute,
		4 * time.Hour:          15 * time.Minute,
		1000 * time.Hour:       24 * time.Hour,
	} {
		if got := ticks(length, 1552); got != want {
			t.Errorf("%v: every %v, want %v", length, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		d      time.Duration
		tenths bool
		want   string
	}{
		{0, false, "0:00"}, {7990 * time.Millisecond, false, "0:07"}, {7990 * time.Millisecond, true, "0:07.9"},
		{61 * time.Second, false, "1:01"}, {3723 * time.Second, false, "1:02:03"}, {60 * time.Hour, false, "60:00:00"},
	} {
		if got := clock(test.d, test.tenths); got != test.want {
			t.Errorf("%v: %s, want %s", test.d, got, test.want)
		}
	}
}

func TestFit(t *testing.T) {
	f, err := newFaces()
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if got := fit(f.title, "meeting.mp4", 500); got != "meeting.mp4" {
		t.Error(got)
	}
	if got := fit(f.title, "会議.mp4", 500); got != "??.mp4" {
		t.Error(got)
	}
	long := strings.Repeat("quarterly-", 50) + "end.mp4"
	got := fit(f.title, long, 500)
	if width(f.title, got) > 500 || !strings.HasPrefix(got, "quarterly-") || !strings.HasSuffix(got, "end.mp4") || !strings.Contains(got, "…") {
		t.Error(got)
	}
	if got := fit(f.title, "abc", 1); got != "…" {
		t.Error(got)
	}
}

// A tone in the second half, of any length, is found in the second half, in
// bounded memory.
func TestWave(t *testing.T) {
	for _, runs := range []int{2, 60, 6000} { // of 100 ms
		w := newWave(time.Second)
		pcm := make([]float32, 4800)
		for n := range runs {
			for i := range pcm {
				pcm[i] = 0
				if n >= runs/2 {
					pcm[i] = 0.5 * float32(math.Sin(float64(i)/10))
				}
			}
			if err := w.add(inspect.Sound{PTS: time.Second + time.Duration(n)*100*time.Millisecond, Channels: 1, PCM: pcm}); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.bins) > mostBins || cap(w.bins) > mostBins {
			t.Errorf("%d bins of %d", len(w.bins), cap(w.bins))
		}
		length := time.Duration(runs) * 100 * time.Millisecond
		for i, c := range w.columns(100, 2*length) { // the second half has no samples
			switch {
			case i >= 51 && !c.empty, i < 49 && c.empty:
				t.Errorf("%d runs: column %d: %+v", runs, i, c)
			case i < 24 && (c.low != 0 || c.high != 0 || c.rms != 0):
				t.Errorf("%d runs: column %d is loud: %+v", runs, i, c)
			case i > 26 && i < 49 && (c.high < 0.45 || c.low > -0.45 || math.Abs(c.rms-0.354) > 0.05):
				t.Errorf("%d runs: column %d is faint: %+v", runs, i, c)
			}
		}
		if math.Abs(decibels(w.peak)+6) > 0.1 {
			t.Errorf("peak %f", w.peak)
		}
	}
}
