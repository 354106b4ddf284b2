package mp4

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The byte ranges of the playlist play like the encoder's own output, from the
// fragmented file and from the finished one.
func TestPlaylist(t *testing.T) {
	data := encode(t, absolute, join([]string{"-copyts"}, at("10", picture), at("10", tone), []string{"-bf", "2", "-frag_duration", "400000"})...)
	original := write(t, data)
	w, path := record(t, data, Options{Reserve: 64 << 10, Timing: TimingAbsolute})
	want := pictures(t, original)
	check := func(ix *Index) string {
		text, err := ix.Playlist(filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		list := filepath.Join(filepath.Dir(path), "list.m3u8")
		if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out := run(t, "ffmpeg", "-v", "error", "-xerror", "-i", list, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-")
		var got []string
		for line := range strings.Lines(string(out)) {
			if !strings.HasPrefix(line, "#") {
				got = append(got, strings.TrimSpace(line[strings.LastIndex(line, ",")+1:]))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pictures (-want +got):\n%.600s", diff)
		}
		return text
	}
	recording := check(w.Index())
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
	if diff := cmp.Diff(recording, check(ix)); diff != "" {
		t.Errorf("the finished file's playlist differs:\n%s", diff)
	}
	if n := strings.Count(recording, "#EXTINF"); n != 4 {
		t.Errorf("%d segments, want one for each second\n%s", n, recording)
	}
	init := w.Index().Inits()[0]
	head := make([]byte, init.Size)
	if _, err := f.ReadAt(head, init.Offset); err != nil {
		t.Fatal(err)
	}
	var types []string
	for b, err := range boxes(head) {
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, b.typ)
	}
	if diff := cmp.Diff([]string{"ftyp", "moov"}, types); diff != "" {
		t.Error("initialisation section:", diff)
	}
}

func TestPlaylistText(t *testing.T) {
	second := time.Second
	fragment := func(at, size int64, start, duration time.Duration, sync bool, init int) Fragment {
		return Fragment{Range{at, size}, start, duration, sync, init}
	}
	ix := &Index{
		inits: []Range{{100, 50}, {600, 60}},
		fragments: []Fragment{
			fragment(150, 100, 0, second/2, true, 0),
			fragment(250, 100, second/2, second/2, false, 0),
			fragment(350, 100, second, second, false, 0),
			fragment(450, 150, 2*second, second, true, 0), // a pause of 4.5 s behind it
			fragment(660, 100, 7*second+second/2, second+second/4, true, 1),
		},
	}
	got, err := ix.Playlist(`a"b.mp4`)
	if err != nil {
		t.Fatal(err)
	}
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="a%22b.mp4",BYTERANGE="50@100"
#EXTINF:2.000000,
#EXT-X-BYTERANGE:300@150
a%22b.mp4
#EXTINF:5.500000,
#EXT-X-BYTERANGE:150@450
a%22b.mp4
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="a%22b.mp4",BYTERANGE="60@600"
#EXTINF:1.250000,
#EXT-X-BYTERANGE:100@660
a%22b.mp4
#EXT-X-ENDLIST
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := (&Index{}).Playlist("x"); err == nil {
		t.Error("a playlist of nothing")
	}
}
