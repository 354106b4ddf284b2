package mp4

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Segments begin where decoding can, are at least a second, hold the gap behind
// them, and the last one lasts as long as anything in it.
func TestSegments(t *testing.T) {
	second := time.Second
	fragment := func(at, size int64, start, duration time.Duration, sync bool, init int) Fragment {
		return Fragment{Range: Range{at, size}, Start: start, Duration: duration, Sync: sync, Init: init, End: start + duration}
	}
	longer := fragment(660, 100, 7*second+second/2, second, true, 1)
	longer.End += second / 4 // the audio
	ix := &Index{
		inits: []Range{{100, 50}, {600, 60}},
		fragments: []Fragment{
			fragment(150, 100, 0, second/2, true, 0),
			fragment(250, 100, second/2, second/2, true, 0), // too early for another segment
			fragment(350, 100, second, second, false, 0),
			fragment(450, 150, 2*second, second, true, 0), // a gap of 4.5 s behind it
			longer,
		},
	}
	want := []Segment{
		{Range{150, 300}, 0, 2 * second, 0, true},
		{Range{450, 150}, 2 * second, 5*second + second/2, 0, true},
		{Range{660, 100}, 7*second + second/2, second + second/4, 1, true},
	}
	if diff := cmp.Diff(want, ix.Segments()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Another encoder that goes back takes what is there from its start on.
	back := &Index{inits: []Range{{0, 9}}, fragments: []Fragment{
		fragment(10, 10, 0, second, true, 0), fragment(20, 10, second, second, true, 0), fragment(30, 10, 2*second-second/4, second, true, 0),
		fragment(40, 10, 3*second-second/4, second, true, 0),
	}}
	all := time.Duration(0)
	for _, s := range back.Segments() {
		all += s.Duration
	}
	if all != 4*second-second/4 {
		t.Errorf("%v in all: %+v", all, back.Segments())
	}
	if s := (&Index{}).Segments(); s != nil {
		t.Errorf("segments of nothing: %+v", s)
	}
}

// The segments of a recording and of the finished file are the same, and so is
// their format, which is told as ffprobe tells it.
func TestSegmentsOfFile(t *testing.T) {
	data := encode(t, absolute, join([]string{"-copyts"}, at("10", picture), at("10", tone), []string{"-bf", "2", "-frag_duration", "400000"})...)
	w, path := record(t, data, Options{Reserve: 64 << 10, Timing: TimingAbsolute})
	recording, format := w.Index().Segments(), w.Index().Format()
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	ix, err := Scan(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(recording, ix.Segments()); diff != "" || len(recording) != 4 {
		t.Errorf("segments of the finished file (-recording +finished):\n%s", diff)
	}
	for i, s := range recording {
		if want := time.Second; i < 3 && (s.Duration-want).Abs() > time.Microsecond {
			t.Errorf("segment %d lasts %v", i, s.Duration)
		}
	}
	// The last one holds the last packet of audio, which ends after the video.
	if last := recording[3].Duration; last < time.Second || last > time.Second+50*time.Millisecond {
		t.Errorf("the last segment lasts %v", last)
	}
	want := Format{Codecs: []string{"avc1.4D400B", "mp4a.40.2"}, Width: 160, Height: 120, FrameRate: 30}
	for name, got := range map[string]Format{"recording": format, "finished": ix.Format()} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A rate is that of nearly all frames, not of two that another encoder put closer
// together.
func TestRate(t *testing.T) {
	for name, tt := range map[string]struct {
		deltas []run32
		want   float64
	}{
		"constant":      {[]run32{{299, 1000}}, 30},
		"two encoders":  {[]run32{{150, 1000}, {1, 20}, {148, 1000}}, 30},
		"variable":      {[]run32{{100, 1000}, {100, 1500}, {99, 3000}}, 30},
		"a single one":  {nil, 30},
		"one after one": {[]run32{{1, 0}, {1, 1000}}, 30},
	} {
		tr := &track{box: trackBox{timescale: 30000}}
		tr.deltas, tr.tail = tt.deltas, 1000
		tr.sizes = make([]uint32, 300)
		if got := tr.rate(); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
