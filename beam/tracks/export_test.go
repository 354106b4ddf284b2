package tracks

import (
	"encoding/base64"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beam/layout"
)

// probe asks ffprobe.
func probe(t *testing.T, path string, entries ...string) []string {
	t.Helper()
	out, err := exec.Command("ffprobe", append([]string{"-v", "error", "-of", "csv=p=0"}, append(entries, path)...)...).Output()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return strings.Fields(string(out))
}

// meeting records Ana, who speaks with her camera on, off and on again, and shares a
// screen, and somebody without a name who is only heard.
func meeting(t *testing.T) (*sim, Manifest) {
	s := newSim(t)
	again, screen, voice := camera("w.3"), camera("w.4"), microphone("w.5")
	voice.ssrc = 5
	ana := layout.Track{Person: "p1", Name: "Ana Lima", Role: "host", Stream: "a"}
	list := func(number, medium string) layout.Track {
		one := ana
		one.Number, one.Medium = number, medium
		return one
	}
	s.tracks(list("w.1", "microphone"), list("w.2", "camera"), list("w.3", "camera"), list("w.4", "screen"), layout.Track{Number: "w.5", Stream: "b/c"})
	s.send(time.Second, 2*time.Second, microphone("w.1"), camera("w.2"))
	s.send(2*time.Second, 3*time.Second, microphone("w.1"), screen, voice)
	s.send(3*time.Second, 4*time.Second, microphone("w.1"), again, voice)
	return s, s.close()
}

func (s *sim) export(m Manifest, format string) []Person {
	s.t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		s.t.Fatal(err)
	}
	people, err := Export{Dir: s.dir, FFmpeg: ffmpeg, Format: format, Mode: 0o640}.Run(s.t.Context(), m)
	if err != nil {
		s.t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(s.dir, ".*"))
	if err != nil || len(left) > 0 {
		s.t.Errorf("left behind: %v, %v", left, err)
	}
	return people
}

func files(people []Person) (names []string) {
	for _, p := range people {
		names = append(names, p.File)
	}
	return names
}

// TestExport: each participant's camera and microphone are one file, the screen is
// another, and nothing of a WebM is encoded anew.
func TestExport(t *testing.T) {
	s, m := meeting(t)
	people := s.export(m, FormatAuto)
	if got, want := files(people), []string{"Ana_Lima.webm", "Ana_Lima-screen.webm", "b_c.webm"}; !slices.Equal(got, want) {
		t.Fatalf("%v, want %v", got, want)
	}
	ana := people[0]
	path := filepath.Join(s.dir, ana.File)
	if got := probe(t, path, "-show_entries", "stream=codec_name"); !slices.Equal(got, []string{"vp8", "opus"}) {
		t.Errorf("%v", got)
	}
	video := probe(t, path, "-select_streams", "v", "-show_entries", "packet=pts_time")
	if len(video) != 40 {
		t.Errorf("%d frames: 20 before the camera was off, and 20 after", len(video))
	}
	// Off for a second.
	before, after := number(t, video[19]), number(t, video[20])
	if gap := after - before; math.Abs(gap-1.05) > 0.02 {
		t.Errorf("the camera is off for %.3f s", gap)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != ana.Bytes || ana.Name != "Ana Lima" || ana.Peer != "p1" || ana.Role != "host" || len(ana.Tracks) != 3 || math.Abs(ana.Seconds-3) > 0.1 || ana.StartMS > 200 {
		t.Errorf("%+v, %v", ana, err)
	}
	if screen := people[1]; math.Abs(float64(screen.StartMS-1100)) > 50 || screen.Medium != "screen" {
		t.Errorf("%+v", screen)
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.Trim(text, ","), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestExportFormats: MP4 for editors, and audio alone on the recording's time.
func TestExportFormats(t *testing.T) {
	s, m := meeting(t)
	for format, want := range map[string]struct {
		names  []string
		codecs []string // of the last
	}{
		FormatMP4: {[]string{"Ana_Lima.mp4", "Ana_Lima-screen.mp4", "b_c.mp4"}, []string{"aac"}},
		FormatM4A: {[]string{"Ana_Lima.m4a", "b_c.m4a"}, []string{"aac"}},
		FormatOgg: {[]string{"Ana_Lima.ogg", "b_c.ogg"}, []string{"opus"}},
		FormatWAV: {[]string{"Ana_Lima.wav", "b_c.wav"}, []string{"pcm_s16le"}},
	} {
		people := s.export(m, format)
		if got := files(people); !slices.Equal(got, want.names) {
			t.Fatalf("%s: %v", format, got)
		}
		last := people[len(people)-1]
		path := filepath.Join(s.dir, last.File)
		if got := probe(t, path, "-show_entries", "stream=codec_name"); !slices.Equal(got, want.codecs) {
			t.Errorf("%s: %v", format, got)
		}
		if format == FormatMP4 {
			if got := probe(t, filepath.Join(s.dir, people[0].File), "-show_entries", "stream=codec_name"); !slices.Equal(got, []string{"h264", "aac"}) {
				t.Errorf("%v", got)
			}
			continue
		}
		// From the recording's begin: somebody who came after a second is silent so long.
		if got := number(t, probe(t, path, "-show_entries", "format=duration")[0]); last.StartMS != 0 || math.Abs(got-3.1) > 0.15 {
			t.Errorf("%s: %.2f s from %d ms on", format, got, last.StartMS)
		}
	}
}

// TestExportCodecs: H.264 becomes MP4 without being encoded anew; where a participant's
// codec changes, another file begins.
func TestExportCodecs(t *testing.T) {
	s := newSim(t)
	avc, err := base64.StdEncoding.DecodeString("AAAAAWdCwArZHsBEAAADAAQAAAMA8DxImSAAAAABaMuDyyAAAAFliIQJomKAAKFu")
	if err != nil {
		t.Fatal(err)
	}
	one := camera("w.1")
	one.codec, one.data = "video/h264", avc
	s.tracks(layout.Track{Number: "w.1", Person: "p", Name: "track-7", Medium: "camera"})
	s.send(time.Second, 2*time.Second, one)
	s.send(2*time.Second, 3*time.Second, camera("w.1"))
	people := s.export(s.close(), FormatAuto)
	if got, want := files(people), []string{"participant-track-7.mp4", "participant-track-7-part2.webm"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFileName(t *testing.T) {
	for name, want := range map[string]string{
		"Ana Lima": "Ana_Lima", "../../etc/passwd": "etc_passwd", "": "participant-", "Chloé": "Chloé", "...": "participant-", "a/b": "a_b",
		strings.Repeat("x", 100): strings.Repeat("x", 60),
	} {
		if got := fileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
