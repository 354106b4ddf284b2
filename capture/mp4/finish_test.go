package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recordings are what ffmpeg can write, and where in the finished file picture
// and sound have to begin, in seconds.
var recordings = []struct {
	name  string
	flags string
	args  []string
	video float64 // NaN: no picture
	audio float64
	only  bool // run in the exhaustive lane only
}{
	{
		name:  "no B-frames, first packets stretched",
		only:  true,
		flags: "+default_base_moof",
		args:  join(picture, tone, []string{"-bf", "0"}),
		audio: 1024. / 48000, // against the second picture, which is 21 ms late as well
	},
	{
		name:  "B-frames, first packets stretched",
		flags: "+default_base_moof",
		args:  join(picture, tone, []string{"-bf", "2"}),
	},
	{
		name:  "B-frames, each track zeroed",
		only:  true,
		flags: "+default_base_moof+negative_cts_offsets",
		args:  join(picture, tone, []string{"-bf", "2"}),
	},
	{
		name:  "no B-frames, each track zeroed",
		only:  true,
		flags: "+default_base_moof+negative_cts_offsets",
		args:  join(picture, tone, []string{"-bf", "0"}),
	},
	{
		name:  "B-frames, absolute",
		only:  true,
		flags: "+default_base_moof+negative_cts_offsets+frag_discont",
		args:  join(picture, tone, []string{"-bf", "2"}),
	},
	{
		name:  "hours since boot, sound later",
		flags: "+default_base_moof+negative_cts_offsets+frag_discont",
		args:  join([]string{"-copyts"}, at("500000", picture), at("500000.5", tone), []string{"-bf", "2"}),
		audio: 0.5,
	},
	{
		name:  "picture later",
		only:  true,
		flags: "+default_base_moof+negative_cts_offsets+frag_discont",
		args:  join([]string{"-copyts"}, at("7.5", picture), at("7", tone), []string{"-bf", "0"}),
		video: 0.5,
	},
	{
		name:  "absolute data offsets",
		only:  true,
		flags: "+negative_cts_offsets+frag_discont",
		args:  join(picture, tone, []string{"-bf", "2"}),
	},
	{
		name:  "short fragments",
		flags: "+default_base_moof+negative_cts_offsets+frag_discont",
		args:  join(picture, tone, []string{"-bf", "0", "-frag_duration", "300000"}),
	},
	{
		name:  "variable rate",
		flags: "+default_base_moof+negative_cts_offsets+frag_discont",
		args:  join(picture, tone, []string{"-vf", "select='not(mod(n*n,7))'", "-fps_mode", "vfr", "-bf", "0", "-video_track_timescale", "90000"}),
	},
	{
		name:  "sound only",
		flags: "+default_base_moof+negative_cts_offsets+frag_discont",
		args:  join(tone, []string{"-frag_duration", "500000"}),
		video: math.NaN(),
	},
	{
		name:  "picture only",
		only:  true,
		flags: "+default_base_moof",
		args:  join(picture, []string{"-bf", "2"}),
		audio: math.NaN(),
	},
}

func TestFinish(t *testing.T) {
	for _, c := range recordings {
		if c.only && !exhaustive {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := encode(t, c.flags, c.args...)
			original := write(t, data)
			w, path := record(t, data, Options{Reserve: 64 << 10})
			checkSame(t, original, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r, err := w.Finish(Metadata{})
			if err != nil {
				t.Fatal(err)
			}
			if got := layout(t, path); got != "ftyp moov free mdat" {
				t.Errorf("boxes: %s", got)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if r.Tail || r.Size != int64(len(after)) || !bytes.Equal(before[r.Head:], after[r.Head:]) {
				t.Errorf("%+v, but bytes behind the head have changed", r)
			}
			checkSame(t, original, path)
			checkStart(t, path, "v", c.video)
			checkStart(t, path, "a", c.audio)
			compact := compacted(t, w, path)
			if got := layout(t, compact); got != "ftyp moov mdat" {
				t.Errorf("compact boxes: %s", got)
			}
			checkSame(t, original, compact)
			checkStart(t, compact, "v", c.video)
			checkStart(t, compact, "a", c.audio)
			checkScan(t, w.Index(), path)
		})
	}
}

func compacted(t *testing.T, w *Writer, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := w.Index().Compact(t.Context(), f, path+".small", Metadata{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path + ".small")
	if err != nil || st.Size() != r.Size {
		t.Errorf("Compact says %d bytes, there are %d (%v)", r.Size, st.Size(), err)
	}
	return path + ".small"
}

// checkSame checks that a file holds the samples of the encoder's output and
// decodes to the same pictures without an error. Sound is compared behind its
// priming, which only the finished file leaves out.
func checkSame(t *testing.T, original, path string) {
	t.Helper()
	for _, kind := range []string{"v", "a"} {
		want, got := packets(t, original, kind), packets(t, path, kind)
		if len(got) != len(want) {
			t.Errorf("%s has %d packets of %s, not %d", path, len(got), kind, len(want))
			continue
		}
		for i := range want {
			if got[i].Hash != want[i].Hash || got[i].Size != want[i].Size || got[i].Key != want[i].Key {
				t.Errorf("%s, %s packet %d: %+v, want %+v", path, kind, i, got[i], want[i])
				break
			}
			// From the second on, because ffmpeg stretches the first.
			if i > 1 && math.Abs((got[i].PTS-got[1].PTS)-(want[i].PTS-want[1].PTS)) > 2e-6 {
				t.Errorf("%s, %s packet %d at %f, want %f after the second", path, kind, i, got[i].PTS-got[1].PTS, want[i].PTS-want[1].PTS)
				break
			}
		}
		if len(want) == 0 {
			continue
		}
		if kind == "v" {
			if diff := cmp.Diff(pictures(t, original), pictures(t, path)); diff != "" {
				t.Errorf("%s: pictures (-want +got):\n%.600s", path, diff)
			}
			continue
		}
		wantSound, gotSound := sound(t, original), sound(t, path)
		if !bytes.HasSuffix(wantSound, gotSound) || len(wantSound)-len(gotSound) > 2*aacFrame {
			t.Errorf("%s: %d bytes of sound are not the end of %d", path, len(gotSound), len(wantSound))
		}
	}
}

// checkStart checks when the first picture or sound is presented.
func checkStart(t *testing.T, path, kind string, want float64) {
	t.Helper()
	all := packets(t, path, kind)
	if math.IsNaN(want) {
		if len(all) > 0 {
			t.Errorf("%s: %d packets of %s", path, len(all), kind)
		}
		return
	}
	start := math.Inf(1)
	for _, p := range all {
		start = min(start, p.PTS)
	}
	if kind == "a" {
		// The packet of priming comes before it.
		start += aacFrame / 48000.
	}
	if math.Abs(start-want) > 1e-5 {
		t.Errorf("%s: %s begins at %f, want %f", path, kind, start, want)
	}
}

// checkScan checks that the finished file, read back, says what the index knew.
func checkScan(t *testing.T, ix *Index, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Scan(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	want, got := ix.Info(), back.Info()
	want.Finished = true
	// A tick of the movie's timescale: edits are rounded to it.
	tick := cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() < time.Second/48000 })
	if diff := cmp.Diff(want, got, tick); diff != "" {
		t.Errorf("info read back (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ix.Fragments(), back.Fragments()); diff != "" {
		t.Errorf("fragments read back (-want +got):\n%s", diff)
	}
}

func TestFinishWithoutMedia(t *testing.T) {
	data := encode(t, "+default_base_moof", join(picture, tone)...)
	for _, cut := range []int{0, 10, 30, bytes.Index(data, []byte("moof")) + 100, bytes.Index(data, []byte("mdat")) + 100} {
		w, _ := record(t, data[:cut], Options{})
		if _, err := w.Finish(Metadata{}); !errors.Is(err, ErrNoMedia) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

// An index larger than the reserve goes to the tail, and the file is as good.
func TestFinishBeyondReserve(t *testing.T) {
	data := encode(t, "+default_base_moof+negative_cts_offsets+frag_discont", join(picture, tone, []string{"-bf", "2"})...)
	original := write(t, data)
	path, r := finished(t, data, Options{})
	if got := layout(t, path); got != "ftyp free mdat moov" || !r.Tail {
		t.Errorf("boxes: %s, %+v", got, r)
	}
	checkSame(t, original, path)
	checkStart(t, path, "v", 0)
	checkStart(t, path, "a", 0)
	st, err := os.Stat(path)
	if err != nil || st.Size() != r.Size {
		t.Errorf("%d bytes, Result says %d (%v)", st.Size(), r.Size, err)
	}
	if rec, err := Recover(t.Context(), path); err != nil || !rec.Already {
		t.Errorf("Recover: %+v, %v", rec, err)
	}
}

func TestOrigin(t *testing.T) {
	data := encode(t, "+default_base_moof+negative_cts_offsets+frag_discont",
		join([]string{"-copyts"}, at("100", picture), at("100", tone), []string{"-bf", "0"})...)
	original := write(t, data)
	for _, c := range []struct {
		origin time.Duration
		want   float64
	}{{99 * time.Second, 1}, {101 * time.Second, 0}} {
		path, r := finished(t, data, Options{Reserve: 64 << 10, Origin: &c.origin})
		checkStart(t, path, "v", c.want)
		want := 104*time.Second - c.origin
		if (r.Duration - want).Abs() > 50*time.Millisecond {
			t.Errorf("origin %v: lasts %v, want %v", c.origin, r.Duration, want)
		}
		cut := max(0, (c.origin - 100*time.Second).Seconds())
		if got, want := pictures(t, path), pictures(t, original)[int(30*cut):]; !slices.Equal(got, want) {
			t.Errorf("origin %v: %d pictures, want the last %d", c.origin, len(got), len(want))
		}
		wantSound := sound(t, original)[2*(aacFrame+int(48000*cut)):]
		got := sound(t, path)
		if len(got) != len(wantSound) {
			t.Fatalf("origin %v: %d bytes of sound, want the last %d", c.origin, len(got), len(wantSound))
		}
		from := 0
		if cut > 0 {
			from = 4 * aacFrame // the first packets behind a cut lack the one they overlap with
		}
		for i := from; i < len(got); i += 2 {
			a, b := int16(binary.LittleEndian.Uint16(got[i:])), int16(binary.LittleEndian.Uint16(wantSound[i:]))
			// AAC's noise substitution depends on all that was decoded before.
			if d := int(a) - int(b); d < -3 || d > 3 {
				t.Errorf("origin %v: sample %d of the sound is %d, want %d", c.origin, i/2, a, b)
				break
			}
		}
	}
}

func TestMetadata(t *testing.T) {
	data := encode(t, "+default_base_moof", join(picture, tone)...)
	m := Metadata{
		Title: "Sprint review", Comment: `{"frames":120,"drops":0}`, Encoder: "beam 1.0",
		Created:  time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		Chapters: []Chapter{{0, "Begin"}, {2500 * time.Millisecond, "Démo"}},
	}
	w, path := record(t, data, Options{Reserve: 64 << 10})
	if _, err := w.Finish(m); err != nil {
		t.Fatal(err)
	}
	out := string(run(t, "ffprobe", "-v", "error", "-show_format", "-show_chapters", "-of", "flat", path))
	for _, want := range []string{
		`format.tags.title="Sprint review"`, `format.tags.comment="{\"frames\":120,\"drops\":0}"`,
		`format.tags.encoder="beam 1.0"`, `format.tags.creation_time="2026-03-04T05:06:07.000000Z"`,
		`chapters.chapter.1.start_time="2.500000"`, `chapters.chapter.1.tags.title="Démo"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}
