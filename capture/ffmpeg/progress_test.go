package ffmpeg

import (
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	var r progressReader
	r.read(strings.NewReader("frame=10\nfps=29.9\nout_time_us=N/A\ndup_frames=2\ndrop_frames=1\nprogress=continue\n" +
		"frame=25\ndup_frames=3\ndrop_frames=1\nprogress=continue\nframe=99\n"))
	if want := (Progress{Frames: 25, Duplicated: 3, Dropped: 1}); r.last() != want {
		t.Errorf("progress %+v, want that of the last whole report, %+v", r.last(), want)
	}
}

func FuzzProgress(f *testing.F) {
	f.Add("frame=10\nprogress=continue\n")
	f.Add("frame=-5\ndup_frames=99999999999999999999\nprogress=end")
	f.Fuzz(func(t *testing.T, text string) {
		var r progressReader
		r.read(strings.NewReader(text))
		if p := r.last(); p.Frames < 0 || p.Duplicated < 0 || p.Dropped < 0 {
			t.Errorf("negative counts: %+v", p)
		}
	})
}

func TestTail(t *testing.T) {
	tail := newTail(2)
	for _, piece := range []string{"one\ntw", "o\r\n\nthree\n", strings.Repeat("x", 5000), "\nlast, without an end"} {
		if n, err := tail.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(piece), err)
		}
	}
	got := tail.lines()
	if len(got) != 3 || got[0] != "three" || len(got[1]) != longestLine || got[2] != "last, without an end" {
		t.Errorf("%d lines: %.40q", len(got), got)
	}
}
