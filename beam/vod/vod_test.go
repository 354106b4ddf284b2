package vod

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture/hls"
	"beam/capture/mp4"
)

// Each layer has a media playlist that names its own file, and the master playlist
// names them all, under the name that the recording has where they are put.
func TestPlaylists(t *testing.T) {
	layer := func(suffix string, height int) Layer {
		return Layer{suffix: suffix, format: mp4.Format{Codecs: []string{"avc1.640028"}, Width: 2 * height, Height: height, FrameRate: 30},
			media: hls.Media{Independent: true, Segments: []hls.Segment{{Resource: hls.Resource{Offset: 90, Size: 10 * int64(height)}, Duration: 2 * time.Second, Map: hls.Resource{Offset: 9, Size: 9}}}}}
	}
	files := Playlists([]Layer{layer("", 100), layer("-50p", 50)}, "a b.mp4", "", hls.Reference)
	var names []string
	for _, f := range files {
		names = append(names, f.Suffix)
	}
	if diff := cmp.Diff([]string{".media.m3u8", "-50p.media.m3u8", ".m3u8"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="a%20b-50p.mp4",BYTERANGE="9@9"
#EXTINF:2.000000,
#EXT-X-BYTERANGE:500@90
a%20b-50p.mp4
#EXT-X-ENDLIST
`
	if diff := cmp.Diff(want, string(files[1].Content)); diff != "" {
		t.Errorf("media playlist (-want +got):\n%s", diff)
	}
	want = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=4000,AVERAGE-BANDWIDTH=4000,CODECS="avc1.640028",RESOLUTION=200x100,FRAME-RATE=30.000
a%20b.media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2000,AVERAGE-BANDWIDTH=2000,CODECS="avc1.640028",RESOLUTION=100x50,FRAME-RATE=30.000
a%20b-50p.media.m3u8
`
	if diff := cmp.Diff(want, string(files[2].Content)); diff != "" {
		t.Errorf("master playlist (-want +got):\n%s", diff)
	}
	if _, err := NewLayer(&mp4.Index{}, ""); !errors.Is(err, mp4.ErrNoMedia) {
		t.Errorf("a layer of nothing: %v", err)
	}
}
