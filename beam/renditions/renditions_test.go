package renditions

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"beam/beam/report"
	"beam/beam/storage"
	"beam/beam/vod"
	"beam/capture/mp4"
	"beam/capture/mp4/mp4test"
	"beam/upload/uploadtest"
)

// recording makes a finished recording of two seconds; one that is compact has no
// fragments.
func recording(t *testing.T, compact bool) string {
	t.Helper()
	data := mp4test.Fragments(t, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2",
		"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-c:a", "aac")
	return mp4test.File(t, data, mp4.Options{Reserve: 16 << 10}, func(w *mp4.Writer, f *os.File) error {
		if compact {
			_, err := w.Index().Compact(t.Context(), f, f.Name(), mp4.Metadata{})
			return err
		}
		return mp4test.Finish(w, f)
	})
}

func job(t *testing.T, file string, sides ...int) Job {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	return Job{File: file, Sides: sides, FFmpeg: path, Version: "test", Log: slog.New(slog.DiscardHandler)}
}

// The renditions of a recording in a bucket go beside it, with playlists of all that
// ffmpeg reads without a word; once more, they are found there and kept.
func TestBucket(t *testing.T) {
	g := uploadtest.Start(t)
	data, err := os.ReadFile(recording(t, false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &g.Bucket, Key: aws.String("team/Rec 1.mp4"), Body: bytes.NewReader(data)}); err != nil {
		t.Fatal(err)
	}
	settings := storage.Settings{Endpoint: g.URL, Region: uploadtest.Region, PathStyle: true}
	object, err := storage.OpenObject(t.Context(), "s3://"+g.Bucket+"/team/Rec 1.mp4", settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	j := job(t, filepath.Join(t.TempDir(), object.Name()), 720, 120)
	j.Object = object
	var notices, stages []string
	j.Notice = func(text string) { notices = append(notices, text) }
	j.Progress = func(p Progress) { stages = append(stages, p.Stage) }
	if err := object.Download(t.Context(), j.File, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	out, err := Run(t.Context(), j)
	if err != nil || len(out.Failed()) > 0 || out.PlaylistURL != "s3://"+g.Bucket+"/team/Rec 1.m3u8" {
		t.Fatalf("%+v, %v", out, err)
	}
	if len(notices) != 1 || !strings.Contains(notices[0], "720p is left out") || !slices.Contains(stages, StageEncode) || !slices.Contains(stages, StageUpload) {
		t.Errorf("notices %q, stages %q", notices, stages)
	}
	want := []string{"team/Rec 1-120p.media.m3u8", "team/Rec 1-120p.mp4", "team/Rec 1.m3u8", "team/Rec 1.media.m3u8", "team/Rec 1.mp4"}
	objects := g.Objects(t)
	slices.Sort(objects)
	slices.Sort(want)
	if diff := cmp.Diff(want, objects); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	checkObject(t, g, "team/Rec 1.m3u8", vod.ContentType, "\nRec%201.media.m3u8\n", "\nRec%201-120p.media.m3u8\n", "RESOLUTION=320x180", "RESOLUTION=214x120")
	checkObject(t, g, "team/Rec 1-120p.media.m3u8", vod.ContentType, "\nRec%201-120p.mp4\n")
	checkObject(t, g, "team/Rec 1-120p.mp4", "video/mp4")
	out, err = Run(t.Context(), j)
	if err != nil || len(out.Renditions) != 1 || !out.Renditions[0].Kept || out.Renditions[0].URL != "s3://"+g.Bucket+"/team/Rec 1-120p.mp4" {
		t.Errorf("again: %+v, %v", out, err)
	}
	if got := g.Objects(t); len(got) != len(want) {
		t.Errorf("again: %v", got)
	}
}

// checkObject looks at an object's type and at what is in it.
func checkObject(t *testing.T, g *uploadtest.Gateway, key, contentType string, holds ...string) {
	t.Helper()
	out, err := g.Client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &g.Bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	text, err := io.ReadAll(out.Body)
	if err != nil || aws.ToString(out.ContentType) != contentType {
		t.Errorf("%s is %s, %v", key, aws.ToString(out.ContentType), err)
	}
	for _, want := range holds {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %q:\n%s", key, want, text)
		}
	}
}

// A recording that was written compactly has renditions that can be played, and one
// whose renditions can't be made at all is refused.
func TestFile(t *testing.T) {
	file := recording(t, true)
	out, err := Run(t.Context(), job(t, file, 120))
	if err != nil || out.Playlist != report.PlaylistPath(file) {
		t.Fatalf("%+v, %v", out, err)
	}
	complaint, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-i", out.Playlist, "-f", "null", "-").CombinedOutput()
	if err != nil || len(complaint) > 0 {
		t.Errorf("%v: %s", err, complaint)
	}
	layers, err := Layers(file, out.Renditions)
	if err != nil || len(layers) != 1 {
		t.Errorf("%d layers, %v", len(layers), err)
	}
	if _, err := Run(t.Context(), job(t, file, 720)); err == nil || !strings.Contains(err.Error(), "320x180") {
		t.Errorf("larger than the recording: %v", err)
	}
}
