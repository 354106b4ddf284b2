package storage

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beam/beam/report"
	"beam/upload/uploadtest"
)

// What was drawn of a recording, and written beside it, goes beside the object, also
// when a recovery uploads it.
func TestRecoverPutsTheFilesBeside(t *testing.T) {
	gateway := uploadtest.Start(t)
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	media := filepath.Join(dir, "meeting.mp4")
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=1",
		"-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "faststart", media).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	// The paths are those of the recorder's own machine.
	rep := report.Report{Output: "/spool/meeting.mp4", StopReason: "asked", Room: "https://room.example/a",
		ContactSheet: "/spool/" + filepath.Base(file("sheet.png", "a sheet")), Thumbnail: "/spool/" + filepath.Base(file("small.jpeg", "a frame")),
		Speakers: "/spool/" + filepath.Base(file("meeting.speakers.vtt", "WEBVTT")), Chat: "/spool/gone.csv"}
	if err := rep.Write(report.Path(media)); err != nil {
		t.Fatal(err)
	}
	settings := Settings{Bucket: "s3://" + gateway.Bucket + "/team", Endpoint: gateway.URL, Region: uploadtest.Region, PathStyle: true}
	r := RecoverFile(t.Context(), media, RecoverOptions{Storage: settings}, slog.New(slog.DiscardHandler))
	if r.Err != nil || r.Outcome != OutcomeUploaded {
		t.Fatalf("%s, %v", r.Outcome, r.Err)
	}
	keys := gateway.Objects(t)
	stem := strings.TrimSuffix(strings.TrimPrefix(r.Upload.URL, "s3://"+gateway.Bucket+"/"), ".mp4")
	want := []string{stem + ".contact-sheet.png", stem + ".json", stem + ".mp4", stem + ".speakers.vtt", stem + ".thumbnail.jpg"}
	if slices.Sort(keys); !slices.Equal(keys, want) {
		t.Errorf("objects %q, want %q", keys, want)
	}
	again, ok := report.Read(media)
	if !ok || len(again.Upload.Beside) != 3 || len(again.Degraded) > 0 {
		t.Errorf("report %+v", again)
	}
	for _, url := range again.Upload.Beside {
		if !slices.Contains(keys, strings.TrimPrefix(url, "s3://"+gateway.Bucket+"/")) {
			t.Errorf("%s is not there", url)
		}
	}
}

// A report that came with a file names whatever it likes: only regular files in the
// directory of the recording are read.
func TestFilesBesideAreOfTheRecording(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	secret := filepath.Join(elsewhere, "key.png")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.jpg")); err != nil {
		t.Fatal(err)
	}
	var told []string
	got := besideFile(&report.Report{ContactSheet: secret, Thumbnail: "link.jpg", Chat: "../" + filepath.Base(elsewhere) + "/key.png", Speakers: "."},
		filepath.Join(dir, "meeting.mp4"), func(text string) { told = append(told, text) })
	if len(got) > 0 || len(told) != 2 {
		t.Errorf("%d files, told %q", len(got), told)
	}
}
