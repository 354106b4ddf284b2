package rendition

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture"
	"beam/capture/mp4"
	"beam/capture/mp4/mp4test"
)

func TestParseSides(t *testing.T) {
	got, err := ParseSides([]string{"240p", "1080p", " 720p", "240p"})
	if diff := cmp.Diff(Sides{1080, 720, 240}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, wrong := range []string{"720", "p", "-720p", "719p", "9999p", "10p", "1280x720", ""} {
		if got, err := ParseSides([]string{wrong}); err == nil {
			t.Errorf("%q is %v", wrong, got)
		}
	}
}

// The p is the short side, the other follows to an even number, and nothing is
// made larger.
func TestPlan(t *testing.T) {
	all := Sides{1080, 720, 480, 240}
	for _, tt := range []struct {
		source capture.Size
		want   []string
		left   Sides
	}{
		{capture.Size{Width: 1920, Height: 1080}, []string{"1080p 1920x1080", "720p 1280x720", "480p 854x480", "240p 426x240"}, nil},
		{capture.Size{Width: 720, Height: 1280}, []string{"720p 720x1280", "480p 480x854", "240p 240x426"}, Sides{1080}},
		{capture.Size{Width: 854, Height: 480}, []string{"480p 854x480", "240p 428x240"}, Sides{1080, 720}},
		{capture.Size{Width: 200, Height: 200}, nil, all},
	} {
		layers, left := Plan(tt.source, all)
		var got []string
		for _, l := range layers {
			got = append(got, l.Name+" "+l.Size.String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.source, diff)
		}
		if diff := cmp.Diff(tt.left, left); diff != "" {
			t.Errorf("%v, left out (-want +got):\n%s", tt.source, diff)
		}
	}
	if got := (Layer{Name: "720p"}).Path("dir/a.b.mp4"); got != "dir/a.b-720p.mp4" {
		t.Error(got)
	}
}

// recording makes a finished recording of three and a third seconds, as Beam does.
func recording(t *testing.T) string {
	t.Helper()
	data := mp4test.Fragments(t, "-copyts",
		"-itsoffset", "1", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=15:d=3.4", "-itsoffset", "1", "-f", "lavfi", "-i", "sine=f=440:r=48000:d=3.4",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-bf", "0", "-c:a", "aac", "-video_track_timescale", "15000")
	return mp4test.File(t, data, mp4test.Absolute(), func(w *mp4.Writer, f *os.File) error {
		w.Index().End(3*time.Second + time.Second/3) // 50 frames
		return mp4test.Finish(w, f)
	})
}

func ffmpegPath(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// frame is a frame as ffprobe demuxes and decodes it.
type frame struct {
	At  string `json:"pts_time"`
	Key int    `json:"key_frame"`
}

// probe returns the frames of a file, and its duration.
func probe(t *testing.T, path string) (frames []frame, duration string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "warning", "-select_streams", "v", "-show_entries", "frame=pts_time,key_frame:format=duration", "-of", "json", path).CombinedOutput()
	var seen struct {
		Frames []frame
		Format struct{ Duration string }
	}
	if err == nil {
		err = json.Unmarshal(out, &seen)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return seen.Frames, seen.Format.Duration
}

func options(t *testing.T) Options {
	return Options{FFmpeg: ffmpegPath(t), Version: "test", Log: slog.New(slog.DiscardHandler)}
}

// Renditions have the frames of the recording at their times, key frames at the
// same ones, and its length; those that are whole are kept, and others made again.
func TestMake(t *testing.T) {
	path := recording(t)
	s, err := Open(path)
	if err != nil || s.Size != (capture.Size{Width: 320, Height: 180}) || s.frames != 50 || !s.copyAudio {
		t.Fatalf("%+v, %v", s, err)
	}
	layers, _ := Plan(s.Size, Sides{180, 120})
	// What a killed process left.
	if err := os.WriteFile(layers[1].Path(path)+partialSuffix, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	results, err := Make(t.Context(), s, layers, options(t))
	if err != nil {
		t.Fatal(err)
	}
	want, length := probe(t, path)
	var keys [][]string
	for i, r := range results {
		if r.Err != nil || r.Kept || r.Bytes == 0 {
			t.Fatalf("%+v", r)
		}
		got, duration := probe(t, r.Path)
		if duration != length || len(got) != len(want) {
			t.Errorf("%s: %s and %d frames, the recording has %s and %d", r.Name, duration, len(got), length, len(want))
		}
		var at []string
		for k, f := range got {
			if f.At != want[k].At {
				t.Errorf("%s: frame %d at %s, not %s", r.Name, k, f.At, want[k].At)
			}
			if f.Key == 1 {
				at = append(at, f.At)
			}
		}
		keys = append(keys, at)
		if source, rendition := audio(t, path), audio(t, r.Path); !bytes.Equal(source, rendition) || len(source) < 3*96000 {
			t.Errorf("%s: %d bytes of audio differ from the recording's %d", r.Name, len(rendition), len(source))
		}
		if ix, _, err := scan(r.Path); err != nil || ix.Format().Width != layers[i].Size.Width || len(ix.Segments()) != 2 {
			t.Errorf("%s: %v", r.Name, err)
		}
	}
	if diff := cmp.Diff([]string{"0.000000", "2.000000"}, keys[0]); diff != "" || !slices.Equal(keys[0], keys[1]) {
		t.Errorf("key frames at %v", keys)
	}
	again(t, s, layers)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+partialSuffix))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// again makes renditions a second time, of which one was cut short.
func again(t *testing.T, s Source, layers []Layer) {
	t.Helper()
	first := layers[0].Path(s.Path)
	before, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(layers[1].Path(s.Path), 9000); err != nil {
		t.Fatal(err)
	}
	results, err := Make(t.Context(), s, layers, options(t))
	if err != nil || !results[0].Kept || results[1].Kept || results[1].Err != nil || !s.Whole(layers[1]) {
		t.Errorf("again: %+v, %v", results, err)
	}
	if after, err := os.Stat(first); err != nil || !os.SameFile(before, after) {
		t.Errorf("what was whole was replaced: %v", err)
	}
	s.bytes++
	if s.Whole(layers[0]) {
		t.Error("a rendition of another recording counts")
	}
}

// audio returns the decoded audio of a file.
func audio(t *testing.T, path string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-ac", "1", "-f", "s16le", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// One that can't be written is told, and costs no other.
func TestOneFails(t *testing.T) {
	path := recording(t)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	layers, _ := Plan(s.Size, Sides{180, 120})
	if err := os.MkdirAll(filepath.Join(layers[0].Path(path), "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	results, err := Make(t.Context(), s, layers, options(t))
	var f *capture.Fault
	if err != nil || !errors.As(results[0].Err, &f) || f.Class != capture.ClassEncoder || results[1].Err != nil {
		t.Errorf("%+v, %v", results, err)
	}
	if _, err := os.Lstat(layers[0].Path(path) + partialSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

// A run that is ended leaves nothing that looks whole.
func TestEnded(t *testing.T) {
	path := recording(t)
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	layers, _ := Plan(s.Size, Sides{120})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results, err := Make(ctx, s, layers, options(t))
	if !errors.Is(err, context.Canceled) || results[0].Err == nil || s.Whole(layers[0]) {
		t.Errorf("%+v, %v", results, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.mp4")
	if err := os.WriteFile(junk, []byte("no movie"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{junk, filepath.Join(dir, "missing.mp4"), dir} {
		var f *capture.Fault
		if _, err := Open(path); !errors.As(err, &f) || f.Class != capture.ClassUsage || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
