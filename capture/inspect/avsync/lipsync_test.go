package avsync

import (
	"errors"
	"image"
	"math"
	"testing"
	"time"

	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
)

// clipScene is a recording of the lip-sync page: the clip's own second k is
// shown at k seconds of the file, and sounds offset later. Pictures are shown at the
// first picture of the file after they were due.
func clipScene(w, h int, seconds float64, offset time.Duration) scene {
	return scene{
		seconds: seconds, fps: 30, w: w, h: h, beepLength: 100 * time.Millisecond,
		beep: func(k int) (time.Duration, bool) {
			return time.Duration(k)*time.Second + offset, k > 0 && k < int(seconds)
		},
		beepHz: func(int) float64 { return testpattern.BeepHz },
		paint: func(g *image.Gray, n int) {
			clip := testpattern.Contain(g.Rect, clipWidth, clipHeight)
			if n%30 < 3 {
				testpattern.Fill(g, clip, true)
			}
			testpattern.PaintStrip(g, testpattern.ClipRect(clip), testpattern.Picture, uint32(n))
		},
		output: options(x264, aac, faststart),
	}
}

func TestJudgeLipSync(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		w, h   int
		offset time.Duration
	}{
		"in sync":            {320, 180, 0},
		"late, full size":    {1280, 720, 40 * time.Millisecond},
		"early, letterboxed": {240, 320, -60 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := clipScene(tt.w, tt.h, 5, tt.offset)
			got, err := JudgeLipSync(t.Context(), inspect.Tools{}, s.record(t))
			if err != nil {
				t.Fatal(err)
			}
			want := float64(tt.offset.Milliseconds())
			near(t, "median", got.Offset.MedianMs, want, 1)
			near(t, "min", got.Offset.MinMs, want, 1)
			near(t, "max", got.Offset.MaxMs, want, 1)
			// The first flash has begun before the first picture.
			if got.Flashes != 4 || got.Beeps != 4 || got.UnpairedFlashes != 0 || got.UnpairedBeeps != 0 {
				t.Errorf("%+v", got)
			}
			if got.Clip.Distinct != 150 || got.Clip.Unreadable != 0 || math.Abs(got.Clip.DistinctPerSecond-30) > 0.01 {
				t.Errorf("clip %+v", got.Clip)
			}
		})
	}
}

func TestJudgeLipSyncWithoutSound(t *testing.T) {
	t.Parallel()
	s := clipScene(320, 180, 3, 0)
	s.output = options(x264, []string{"-an"})
	got, err := JudgeLipSync(t.Context(), inspect.Tools{}, s.record(t))
	if !errors.Is(err, testpattern.ErrNoMark) {
		t.Fatalf("error %v", err)
	}
	if got.Flashes != 2 || got.Clip.Distinct != 90 {
		t.Errorf("what was found is lost: %+v", got)
	}
}

func TestTones(t *testing.T) {
	t.Parallel()
	s := clipScene(160, 90, 4, 0)
	// A tone of 700 Hz through the second from 2 to 3.
	s.beep = func(k int) (time.Duration, bool) { return 2 * time.Second, k == 2 }
	s.beepLength = time.Second
	s.beepHz = func(int) float64 { return 700 }
	w, err := Tones(t.Context(), inspect.Tools{}, s.record(t), []float64{500, 700}, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if got := testpattern.Present(w, 0, -40); len(got) != 0 {
		t.Errorf("500 Hz in %v", got)
	}
	if got := testpattern.Present(w, 1, -40); len(got) != 1 || got[0] != 2 {
		t.Errorf("700 Hz in %v", got)
	}
}
