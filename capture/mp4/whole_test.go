package mp4

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// Another encoder that begins where the lost one's fragments end leaves no gap
// and moves nothing: its first picture is the next one of the grid, and its
// sound goes on within a packet. The priming of AAC is no part of the recording.
func TestRestartWhereWhole(t *testing.T) {
	origin := 100 * time.Second
	first := from(t, "100")
	w, path := record(t, first[:len(first)-3000], Options{Reserve: 64 << 10, Timing: TimingAbsolute, Origin: &origin})
	media := w.Progress().Media
	before := w.Index().Info()
	slot := media.Seconds() * 30
	if off := slot - math.Round(slot); math.Abs(off) > 1e-3 {
		t.Errorf("up to %v, %f of a slot from the grid", media, off)
	}
	for _, track := range before.Tracks {
		if d := track.End - media; d < -time.Microsecond || d > 50*time.Millisecond {
			t.Errorf("%s ends at %v, all is whole up to %v", track.Kind, track.End, media)
		}
	}
	if err := w.Restart(media); err != nil {
		t.Fatal(err)
	}
	feed(t, w, first)
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	video := packets(t, path, "v")
	at := int(math.Round(slot))
	if d := math.Abs(video[at].PTS - media.Seconds()); d > 1e-5 || !video[at].Key {
		t.Errorf("the second encoder's first picture is at %f, want %v", video[at].PTS, media)
	}
	for i := range video[1:] {
		if d := video[i+1].PTS - video[i].PTS; math.Abs(d-1./30) > 1e-5 {
			t.Errorf("picture %d lasts %f s", i, d)
		}
	}
	if audio := w.Index().Info().Tracks[1]; audio.Longest > 2*aacFrame*time.Second/48000 {
		t.Errorf("a hole of %v in the sound", audio.Longest)
	}
	if want := len(video); len(pictures(t, path)) != want {
		t.Errorf("%d pictures decode, want %d", len(pictures(t, path)), want)
	}
}

func TestWhole(t *testing.T) {
	aac, picture := sample{duration: 1024}, sample{duration: 3000}
	second := time.Second
	origin := func(tracks ...*track) *Index { return &Index{tracks: tracks, settings: settings{Origin: &second}} }
	for _, c := range []struct {
		name string
		ix   *Index
		want time.Duration
	}{
		{"nothing", &Index{}, 0},
		{"the picture ends first", origin(
			testTrack("vide", "avc1", 90000, 90000, repeat(30, picture)...),
			testTrack("soun", "mp4a", 48000, 48000-1024, repeat(60, aac)...)), time.Second},
		// 0.981 s of sound, without the priming: the picture then is that of slot 29.
		{"the sound ends first", origin(
			testTrack("vide", "avc1", 90000, 90000, repeat(33, picture)...),
			testTrack("soun", "mp4a", 48000, 48000-1024, repeat(47, aac)...)), 966666666},
		{"the sound ended long ago", origin(
			testTrack("vide", "avc1", 90000, 90000, repeat(90, picture)...),
			testTrack("soun", "mp4a", 48000, 48000-1024, repeat(48, aac)...)), 3 * time.Second},
		{"no origin", &Index{tracks: []*track{
			testTrack("vide", "avc1", 90000, 90000*5, repeat(30, picture)...),
			testTrack("soun", "mp4a", 48000, 48000*5-1024, repeat(60, aac)...)}}, time.Second},
		{"sound alone", origin(testTrack("soun", "mp4a", 48000, 48000-1024, repeat(76, aac)...)), 1600 * time.Millisecond},
		{"all before the origin", origin(testTrack("vide", "avc1", 90000, 0, picture, picture)), 0},
	} {
		if got := c.ix.whole(); (got - c.want).Abs() > 2*time.Nanosecond {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// A page that stands still before the end is shown until the end, though its
// last picture was coded earlier and lasts for a slot.
func TestLastPictureStands(t *testing.T) {
	origin := 100 * time.Second
	data := encode(t, absolute, join([]string{"-copyts"}, at("100", picture), at("100", tone), []string{"-bf", "0", "-frames:v", "108"})...)
	for _, c := range []struct {
		end  time.Duration
		want string
	}{{4 * time.Second, "4.000000"}, {3 * time.Second, "3.000000"}} {
		w, path := record(t, data, Options{Reserve: 64 << 10, Timing: TimingAbsolute, Origin: &origin})
		w.Index().End(c.end)
		if got := w.Index().Info(); got.Tracks[0].End != c.end || got.Tracks[1].End > c.end || got.Duration != c.end {
			t.Errorf("%+v, want the end at %v", got, c.end)
		}
		if _, err := w.Finish(Metadata{}); err != nil {
			t.Fatal(err)
		}
		out := string(run(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=duration", "-of", "csv=p=0", path))
		if strings.TrimSpace(out) != c.want {
			t.Errorf("the picture lasts %s, want %s", out, c.want)
		}
		if all := packets(t, path, "v"); c.end > 3600*time.Millisecond && math.Abs(all[len(all)-1].PTS-107./30) > 1e-5 {
			t.Errorf("the last picture is at %f", all[len(all)-1].PTS)
		}
		if got := len(pictures(t, path)); got != int(min(c.end.Seconds(), 3.6)*30) {
			t.Errorf("%d pictures decode", got)
		}
		checkScan(t, w.Index(), path)
	}
}

// Where pictures are decoded in another order than they are shown in, the last
// one's length is not the one to change.
func TestLastPictureStandsReordered(t *testing.T) {
	samples := []sample{{duration: 3000}, {duration: 3000, offset: 6000}, {duration: 3000, offset: -3000}, {duration: 3000, offset: -3000}}
	tr := testTrack("vide", "avc1", 90000, 0, samples...)
	before := slices.Clone(tr.deltas)
	end := tr.presentedEnd()
	tr.stand(end + 90000)
	if tr.presentedEnd() != end || tr.tail != 3000 || !slices.Equal(before, tr.deltas) {
		t.Errorf("ends at %d, %d ticks", tr.presentedEnd(), tr.tail)
	}
}
