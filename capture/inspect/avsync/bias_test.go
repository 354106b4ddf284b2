package avsync

import (
	"image"
	"math"
	"testing"
	"time"

	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
)

// TestBeepBias measures what coding does to the onsets: the figures in the
// documentation of testpattern.BeepFinder come from here.
func TestBeepBias(t *testing.T) {
	t.Parallel()
	for name, codec := range map[string][]string{
		"pcm":  {"-c:a", "pcm_s16le"},
		"aac":  aac,
		"opus": {"-c:a", "libopus", "-b:a", "64k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const seconds = 30
			// The onsets walk through all phases of samples and coded frames.
			at := func(k int) (time.Duration, bool) {
				return time.Duration(k)*time.Second + time.Duration(k*k)*37*time.Microsecond, true
			}
			s := timingPage(seconds, steady, at)
			s.fps, s.w, s.h = 1, 160, 90
			s.paint = func(*image.Gray, int) {}
			s.file = "a.mp4"
			if name == "pcm" {
				s.file = "a.mov"
			}
			s.output = options(x264, codec)
			path := s.record(t)
			info, err := inspect.Tools{}.Probe(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			beeps, err := Beeps(t.Context(), inspect.Tools{}, path, info)
			if err != nil {
				t.Fatal(err)
			}
			if len(beeps) != seconds {
				t.Fatalf("%d beeps", len(beeps))
			}
			var sum, squares, worst float64
			for k, b := range beeps {
				want, _ := at(k)
				ms := float64(b.At-want) / float64(time.Millisecond)
				sum += ms
				squares += ms * ms
				worst = max(worst, math.Abs(ms))
				if (k%10 == 0) != (b.Hz == testpattern.TenthBeepHz) {
					t.Errorf("beep %d of %v Hz", k, b.Hz)
				}
				near(t, "level", b.LevelDBFS, -12, 1)
				near(t, "length", b.Length.Seconds(), 0.060, 0.002)
			}
			bias := sum / seconds
			t.Logf("bias %+.3f ms, standard deviation %.3f ms, worst %.3f ms", bias, math.Sqrt(squares/seconds-bias*bias), worst)
			if math.Abs(bias) > 0.3 || worst > 1 {
				t.Errorf("bias %.3f ms, worst %.3f ms", bias, worst)
			}
		})
	}
}
