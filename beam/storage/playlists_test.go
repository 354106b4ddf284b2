package storage

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"

	"beam/beam/report"
	"beam/capture/mp4"
	"beam/capture/mp4/mp4test"
)

// crashed leaves the file that a killed recorder leaves: fragments and no index.
func crashed(t *testing.T, playlist bool) string {
	t.Helper()
	data := mp4test.Fragments(t, "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=3", "-c:v", "libx264", "-g", "10")
	return mp4test.File(t, data, mp4.Options{Reserve: 8 << 10, Playlist: playlist}, nil)
}

// A recording that was begun with --vod has its playlists after a crash too, and
// another one has none.
func TestRecoveredPlaylists(t *testing.T) {
	path := crashed(t, true)
	for _, outcome := range []Outcome{OutcomeFinished, OutcomeWhole} {
		if r := RecoverFile(t.Context(), path, RecoverOptions{}, slog.New(slog.DiscardHandler)); r.Outcome != outcome {
			t.Fatalf("%+v", r)
		}
		master, err := os.ReadFile(report.PlaylistPath(path))
		if err != nil || !bytes.Contains(master, []byte("\nmeeting.media.m3u8\n")) || !bytes.Contains(master, []byte("RESOLUTION=64x64,FRAME-RATE=10.000")) {
			t.Errorf("%s: %v\n%s", outcome, err, master)
		}
		media, err := os.ReadFile(report.MediaPlaylistPath(path))
		if err != nil || bytes.Count(media, []byte("#EXTINF:1.000000,\n")) != 3 {
			t.Errorf("%s: %v\n%s", outcome, err, media)
		}
		if err := errors.Join(os.Remove(report.PlaylistPath(path)), os.Remove(report.MediaPlaylistPath(path))); err != nil {
			t.Fatal(err)
		}
	}
	if r, ok := report.Read(path); !ok || r.Playlist != report.PlaylistPath(path) {
		t.Errorf("the report names %q", r.Playlist)
	}
	other := crashed(t, false)
	if r := RecoverFile(t.Context(), other, RecoverOptions{}, slog.New(slog.DiscardHandler)); r.Outcome != OutcomeFinished {
		t.Fatalf("%+v", r)
	}
	if _, err := os.Lstat(report.PlaylistPath(other)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a playlist that was not asked for: %v", err)
	}
}

// In the bucket the playlists name the object, whatever the file is called; with
// the local file its playlists go.
func TestPlaylistsByPlace(t *testing.T) {
	path := crashed(t, true)
	ix, err := indexOf(path)
	if err != nil {
		t.Fatal(err)
	}
	rep := &report.Report{Output: path}
	files, err := Playlists(rep, path, ix)
	if err != nil {
		t.Fatal(err)
	}
	WriteSideFiles(path, files, 0o600, slog.New(slog.DiscardHandler))
	for i, want := range []string{"\nRec-1.mp4\n", "\nRec-1.media.m3u8\n"} {
		if text := string(files[i].content("Rec-1.mp4")); !strings.Contains(text, want) || strings.Contains(text, "meeting") {
			t.Errorf("%s:\n%s", files[i].suffix, text)
		}
	}
	dropPlaylists(rep, path, files, slog.New(slog.DiscardHandler))
	for _, left := range []string{report.PlaylistPath(path), report.MediaPlaylistPath(path)} {
		if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", left, err)
		}
	}
	if rep.Playlist != "" {
		t.Errorf("the report names %s", rep.Playlist)
	}
}
