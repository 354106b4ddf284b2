package hls

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture/mp4"
)

func TestMediaText(t *testing.T) {
	const second = time.Second
	first, other := Resource{"a.mp4", 100, 50}, Resource{"a.mp4", 600, 60}
	part := func(offset, size int64) Resource { return Resource{"a.mp4", offset, size} }
	m := Media{Independent: true, Segments: []Segment{
		{Resource: part(150, 300), Duration: 2 * second, Map: first},
		{Resource: part(450, 150), Duration: 5*second + second/2, Map: first},
		{Resource: part(660, 100), Duration: second + second/4, Map: other},
	}}
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="a.mp4",BYTERANGE="50@100"
#EXTINF:2.000000,
#EXT-X-BYTERANGE:300@150
a.mp4
#EXTINF:5.500000,
#EXT-X-BYTERANGE:150@450
a.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="a.mp4",BYTERANGE="60@600"
#EXTINF:1.250000,
#EXT-X-BYTERANGE:100@660
a.mp4
#EXT-X-ENDLIST
`
	if diff := cmp.Diff(want, string(m.Text())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// While it grows, a playlist says that it may, keeps its target duration, and has
// no end; its segments are files of their own.
func TestLiveText(t *testing.T) {
	init := Resource{URI: "m/init-1.mp4"}
	m := Media{Live: true, Target: 6 * time.Second, Segments: []Segment{
		{Resource: Resource{URI: "m/seg-00001.m4s"}, Duration: 2 * time.Second, Map: init},
		{Resource: Resource{URI: "m/seg-00002.m4s"}, Duration: time.Second, Map: init, Discontinuity: true},
	}}
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MAP:URI="m/init-1.mp4"
#EXTINF:2.000000,
m/seg-00001.m4s
#EXT-X-DISCONTINUITY
#EXTINF:1.000000,
m/seg-00002.m4s
`
	if diff := cmp.Diff(want, string(m.Text())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// No segment, rounded to the nearest second, is longer than the target duration.
func TestTarget(t *testing.T) {
	for _, tt := range []struct {
		longest time.Duration
		want    int
	}{
		{0, 1}, {200 * time.Millisecond, 1}, {time.Second, 1}, {2*time.Second + time.Millisecond, 3}, {5600 * time.Millisecond, 6},
	} {
		if got := (Media{Segments: []Segment{{Duration: tt.longest}}}).target(); got != tt.want {
			t.Errorf("%v: %d, want %d", tt.longest, got, tt.want)
		}
	}
}

// The highest rate is that of what lasts about as long as the target duration:
// a short segment that is large counts with its neighbours only.
func TestRates(t *testing.T) {
	segment := func(bytes int64, d time.Duration) Segment {
		return Segment{Resource: Resource{Size: bytes}, Duration: d}
	}
	steady := Media{Segments: []Segment{segment(1000, time.Second), segment(3000, time.Second), segment(2000, time.Second)}}
	if peak, average := steady.Rates(); peak != 24000 || average != 16000 {
		t.Errorf("peak %d, average %d", peak, average)
	}
	short := Media{Segments: []Segment{segment(1000, 4*time.Second), segment(1000, time.Second)}}
	if peak, average := short.Rates(); peak != 3200 || average != 3200 {
		t.Errorf("with a short one: peak %d, average %d", peak, average)
	}
	only := Media{Target: 10 * time.Second, Segments: []Segment{segment(500, time.Second)}}
	if peak, _ := only.Rates(); peak != 4000 {
		t.Errorf("too short for any run: peak %d", peak)
	}
}

func TestMaster(t *testing.T) {
	got := Master([]Variant{
		{URI: "low.m3u8", Peak: 400, Average: 300, Independent: true, Format: mp4.Format{Codecs: []string{"avc1.64001E", "mp4a.40.2"}, Width: 426, Height: 240, FrameRate: 29.97003}},
		{URI: "high.m3u8", Peak: 900, Average: 800, Independent: true, Format: mp4.Format{Codecs: []string{"avc1.640028", "mp4a.40.2"}, Width: 1920, Height: 1080, FrameRate: 30}},
		{URI: "audio.m3u8", Peak: 128, Average: 127, Independent: true, Format: mp4.Format{Codecs: []string{"mp4a.40.2"}}},
	})
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=900,AVERAGE-BANDWIDTH=800,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=30.000
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=400,AVERAGE-BANDWIDTH=300,CODECS="avc1.64001E,mp4a.40.2",RESOLUTION=426x240,FRAME-RATE=29.970
low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128,AVERAGE-BANDWIDTH=127,CODECS="mp4a.40.2"
audio.m3u8
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Any file name becomes a reference that means this file and nothing else.
func TestReference(t *testing.T) {
	for name, want := range map[string]string{
		"Rec-room-1.mp4": "Rec-room-1.mp4", "a b.mp4": "a%20b.mp4", "50%#?.mp4": "50%25%23%3F.mp4",
		`a"b.mp4`: "a%22b.mp4", "a\nb.mp4": "a%0Ab.mp4", "12:30.mp4": "./12:30.mp4", "m/init-1.mp4": "m/init-1.mp4",
	} {
		if got := Reference(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
