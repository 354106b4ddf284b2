//go:build e2e

package e2e

import (
	"context"
	"math"
	"testing"
	"time"

	"beam/beam"
	"beam/capture/inspect"
)

// quality decodes a file and returns its quality report.
func quality(t *testing.T, path string) inspect.Report {
	t.Helper()
	report, err := inspect.Tools{}.Quality(limited(t), path)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// limited returns a context that bounds the decoding of a file.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// sound checks that a finished recording is sound: an ordinary MP4 that decodes
// without an error, of the length that was asked for (0 for none), whose sound
// has no hole and ends with the picture.
func (r *recording) sound(length time.Duration) inspect.Report {
	r.t.Helper()
	q := quality(r.t, r.out)
	if q.Picture == nil || q.Sound == nil || q.Sync == nil {
		r.t.Fatalf("picture %v, sound %v", q.Picture, q.Sound)
	}
	if q.File.MP4 == nil || !q.File.MP4.MoovFirst || q.File.MP4.Fragmented || q.File.MP4.Broken || len(q.File.Errors) > 0 {
		r.t.Errorf("layout of the file: %+v, %v", q.File.MP4, q.File.Errors)
	}
	if q.File.Video.Codec != "h264" || q.File.Audio.Codec != "aac" {
		r.t.Errorf("codecs %s and %s", q.File.Video.Codec, q.File.Audio.Codec)
	}
	if q.Picture.DecodeErrors+q.Sound.DecodeErrors > 0 {
		r.t.Errorf("%d errors in the picture, %d in the sound", q.Picture.DecodeErrors, q.Sound.DecodeErrors)
	}
	if q.Sound.Gaps > 0 || q.Sync.SoundCoverage < 0.985 {
		r.t.Errorf("the sound has %d gaps and covers %.2f %% of the picture", q.Sound.Gaps, 100*q.Sync.SoundCoverage)
	}
	for what, ms := range map[string]float64{"begins": q.Sync.StartDifferenceMs, "ends": q.Sync.EndDifferenceMs} {
		if math.Abs(ms) > 150 {
			r.t.Errorf("the sound %s %.0f ms after the picture", what, ms)
		}
	}
	if length > 0 {
		r.lasts(q, length)
	}
	return q
}

func (r *recording) lasts(q inspect.Report, want time.Duration) {
	r.t.Helper()
	if off := math.Abs(q.File.DurationSeconds - want.Seconds()); off > 0.150 {
		r.t.Errorf("the file lasts %.3f s, want %v", q.File.DurationSeconds, want)
	}
}

// whole checks that the report has no sound missing, but for what was still on
// its way when the recording began.
func whole(t *testing.T, report beam.Report) {
	t.Helper()
	if s := report.Sound; s.Holes != 0 || s.Filled > 30 {
		t.Errorf("%.3f %% of the sound were captured, %d holes, %.1f ms filled", s.Covered, s.Holes, s.Filled)
	}
}
