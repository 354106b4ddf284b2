package avsync

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
)

func judgeTiming(t *testing.T, s scene) Timing {
	t.Helper()
	got, err := JudgeTiming(t.Context(), inspect.Tools{}, s.record(t))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance || math.IsNaN(got) {
		t.Errorf("%s = %.2f, want %.2f within %g", what, got, want, tolerance)
	}
}

func TestJudgeTimingFindsTheOffset(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		offset   time.Duration
		output   []string
		file     string
		want     float64 // ms
		unmarked bool
	}{
		"sound late":  {37 * time.Millisecond, options(x264, aac, faststart), "a.mp4", 37, false},
		"sound early": {-80 * time.Millisecond, options(x264, aac, faststart), "a.mp4", -80, false},
		// Without an edit list the encoder's 1024 samples stay in: 21.3 ms.
		"fragmented": {37 * time.Millisecond, options(x264, aac, fragmented, []string{"-avoid_negative_ts", "disabled"}), "a.mp4", 37 + 21.33, true},
		// Here ffmpeg moves the pictures by as much.
		"fragmented, shifted": {37 * time.Millisecond, options(x264, aac, fragmented), "a.mp4", 37, true},
		"opus":                {37 * time.Millisecond, options(x264, []string{"-c:a", "libopus", "-b:a", "64k"}), "a.mp4", 37, false},
		// ffmpeg's WebM muxer moves the pictures by Opus's delay of 6.5 ms, and players drop that from the sound.
		"webm": {37 * time.Millisecond, []string{"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M", "-c:a", "libopus"}, "a.webm", 37 - 6.5, false},
		// Seconds are told apart by the higher beep of each tenth.
		"two seconds late": {2040 * time.Millisecond, options(x264, aac, faststart), "a.mp4", 2040, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := timingPage(12, steady, late(tt.offset, 0))
			s.output, s.file = tt.output, tt.file
			got := judgeTiming(t, s)
			near(t, "median", got.Offset.MedianMs, tt.want, 1)
			near(t, "min", got.Offset.MinMs, tt.want, 1.5)
			near(t, "max", got.Offset.MaxMs, tt.want, 1.5)
			near(t, "spread", got.OffsetSpreadMs, 0, 1)
			near(t, "drift", got.Offset.DriftMsPerMinute, 0, 3)
			near(t, "clock drift", got.ClockDriftPPM, 0, 100)
			near(t, "distinct", got.DistinctPerSecond, 30, 0.2)
			if got.PrimingUnmarked != tt.unmarked {
				t.Errorf("priming unmarked = %v", got.PrimingUnmarked)
			}
			if got.Unreadable != 0 || got.StrayBeeps != 0 || got.Backwards != 0 || got.Stretches != 1 {
				t.Errorf("got %+v", got)
			}
			if tt.offset < time.Second && len(got.MissingBeeps) != 0 {
				t.Errorf("missing beeps %v", got.MissingBeeps)
			}
		})
	}
}

func TestJudgeTimingFindsDrift(t *testing.T) {
	t.Parallel()
	// 20 ms a minute, in 30 s: 10 ms.
	got := judgeTiming(t, timingPage(30, steady, late(10*time.Millisecond, 20*time.Millisecond)))
	near(t, "drift", got.Offset.DriftMsPerMinute, 20, 1)
	near(t, "spread", got.OffsetSpreadMs, 9.3, 1)
	near(t, "median", got.Offset.MedianMs, 15, 1)
	near(t, "clock drift", got.ClockDriftMsPerMinute, 0, 0.5)
	if len(got.Seconds) != 30 {
		t.Errorf("%d seconds, missing %v, stray %d", len(got.Seconds), got.MissingBeeps, got.StrayBeeps)
	}

	// A page clock that runs 0.1 % slow against the file, and its beeps with it.
	slow := func(_ int, at time.Duration) (uint32, bool) { return uint32(at.Seconds()*999 + 0.5), true }
	got = judgeTiming(t, timingPage(15, slow, func(k int) (time.Duration, bool) {
		return time.Duration(float64(k) / 0.999 * float64(time.Second)), true
	}))
	near(t, "clock drift", got.ClockDriftPPM, 1001, 30)
	near(t, "drift", got.Offset.DriftMsPerMinute, 0, 1)
	near(t, "median", got.Offset.MedianMs, 0, 1)
}

func TestJudgeTimingFreesOffsetsFromTheGrid(t *testing.T) {
	t.Parallel()
	// The page paints at 29.9 pictures a second; the file's grid shows the
	// latest one, which is up to 33 ms old: 17 ms on average.
	const painted = 29.9
	latest := func(_ int, at time.Duration) (uint32, bool) {
		return uint32(math.Floor(at.Seconds()*painted) / painted * 1000), true
	}
	got := judgeTiming(t, timingPage(22, latest, late(0, 0)))
	near(t, "spread", got.OffsetSpreadMs, 0, 8)
	near(t, "median", got.Offset.MedianMs, -17, 8)
	if got.PictureWanderMs < 10 || got.PictureWanderMs > 36 {
		t.Errorf("wander %.1f ms", got.PictureWanderMs)
	}
	near(t, "distinct", got.DistinctPerSecond, painted, 0.2)
}

func TestJudgeTimingFindsFaults(t *testing.T) {
	t.Parallel()
	// Second 3 to 4: the picture stands still. Pictures 150 to 159 hold
	// no mark. The beep of second 7 is missing, those of 9 and 10 fall into silence.
	clock := func(n int, at time.Duration) (uint32, bool) {
		if n >= 90 && n < 120 {
			at = 3 * time.Second
		}
		ms, _ := steady(n, at)
		return ms, n < 150 || n >= 160
	}
	beep := func(k int) (time.Duration, bool) {
		return time.Duration(k) * time.Second, k != 7 && k != 9 && k != 10
	}
	s := timingPage(14, clock, beep)
	got := judgeTiming(t, s)
	near(t, "freeze", got.LongestFreezeMs, 1000, 1)
	near(t, "freeze at", got.LongestFreezeAtS, 3, 0.01)
	near(t, "step", got.LongestStepMs, 1000, 1)
	if got.Pictures != 420 || got.Unreadable != 10 || got.Repeated != 29 || got.Distinct != 381 {
		t.Errorf("pictures %d, unreadable %d, repeated %d, distinct %d", got.Pictures, got.Unreadable, got.Repeated, got.Distinct)
	}
	if want := []int{7, 9, 10}; !slices.Equal(got.MissingBeeps, want) {
		t.Errorf("missing %v, want %v", got.MissingBeeps, want)
	}
	near(t, "median", got.Offset.MedianMs, 0, 1)
	near(t, "max", got.Offset.MaxMs, 0, 2)

	// The same with every third picture dropped: times as they are, VFR.
	s.output = options([]string{"-vf", "select='not(eq(mod(n,3),1))'", "-fps_mode", "vfr"}, s.output)
	got = judgeTiming(t, s)
	if got.Pictures != 280 {
		t.Errorf("%d pictures", got.Pictures)
	}
	near(t, "vfr freeze", got.LongestFreezeMs, 1000, 1)
	near(t, "vfr median", got.Offset.MedianMs, 0, 1)
	near(t, "vfr spread", got.OffsetSpreadMs, 0, 1)
	near(t, "vfr distinct", got.DistinctPerSecond, 381.0*2/3/14, 0.5)
}

func TestJudgeTimingFindsOneLateBeep(t *testing.T) {
	t.Parallel()
	got := judgeTiming(t, timingPage(12, steady, func(k int) (time.Duration, bool) {
		at := time.Duration(k) * time.Second
		if k == 5 {
			at += 30 * time.Millisecond
		}
		return at, true
	}))
	near(t, "max", got.Offset.MaxMs, 30, 1)
	near(t, "median", got.Offset.MedianMs, 0, 1)
	near(t, "spread", got.OffsetSpreadMs, 30, 1.5)
}

func TestJudgeTimingKnowsAPause(t *testing.T) {
	t.Parallel()
	// Five seconds of the page were not recorded, after second 6.
	pause := func(n int, at time.Duration) (uint32, bool) {
		if at >= 6*time.Second {
			at += 5 * time.Second
		}
		return steady(n, at)
	}
	got := judgeTiming(t, timingPage(12, pause, func(k int) (time.Duration, bool) {
		return time.Duration(k)*time.Second + 20*time.Millisecond, true
	}))
	if got.Stretches != 2 {
		t.Errorf("%d stretches", got.Stretches)
	}
	near(t, "median", got.Offset.MedianMs, 20, 1.5)
	near(t, "spread", got.OffsetSpreadMs, 0, 1)
	if len(got.MissingBeeps) != 0 {
		t.Errorf("missing %v", got.MissingBeeps)
	}
	near(t, "step", got.LongestStepMs, 5033, 1)
}

func TestJudgeTimingWithoutMarks(t *testing.T) {
	t.Parallel()
	blank := func(int, time.Duration) (uint32, bool) { return 0, false }
	_, err := JudgeTiming(t.Context(), inspect.Tools{}, timingPage(1, blank, late(0, 0)).record(t))
	if !errors.Is(err, testpattern.ErrNoMark) {
		t.Errorf("blank: %v", err)
	}
	_, err = JudgeTiming(t.Context(), inspect.Tools{}, "timing_test.go")
	var fault *capture.Fault
	if !errors.As(err, &fault) || fault.Class != capture.ClassUsage {
		t.Errorf("no media: %v", err)
	}
}

func TestTimingAsJSON(t *testing.T) {
	out, err := json.Marshal(Timing{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"distinct_per_second"`, `"offset_spread_ms"`, `"priming_unmarked"`, `"missing_beeps"`} {
		if !strings.Contains(string(out), key) {
			t.Errorf("no %s in %s", key, out)
		}
	}
}
