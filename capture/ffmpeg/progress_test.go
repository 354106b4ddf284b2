package ffmpeg

import (
	"strings"
	"testing"
	"time"

	"beam/capture"
)

func TestProgress(t *testing.T) {
	var r progressReader
	reports := 0
	now := func() capture.Time {
		reports++
		return capture.Time(reports * 500)
	}
	if r.last().At != 0 {
		t.Error("a report before the first")
	}
	r.read(strings.NewReader("frame=10\nfps=29.9\nout_time_us=N/A\ndup_frames=2\ndrop_frames=1\nprogress=continue\n"+
		"frame=25\nout_time_us=1234567\nout_time_ms=1234567\ndup_frames=3\ndrop_frames=1\nprogress=continue\nframe=99\n"), now)
	if want := (Progress{At: 1000, Frames: 25, Moved: 1234567 * time.Microsecond}); r.last() != want {
		t.Errorf("progress %+v, want that of the last whole report, %+v", r.last(), want)
	}
}

func FuzzProgress(f *testing.F) {
	f.Add("frame=10\nprogress=continue\n")
	f.Add("out_time_us=9223372036854775807\nprogress=continue\nout_time_us=-3\nprogress=end")
	f.Add("frame=-5\ndup_frames=99999999999999999999\nprogress=end")
	f.Fuzz(func(t *testing.T, text string) {
		var r progressReader
		r.read(strings.NewReader(text), func() capture.Time { return 1 })
		if p := r.last(); p.Frames < 0 || p.Moved < 0 {
			t.Errorf("negative counts: %+v", p)
		}
	})
}
