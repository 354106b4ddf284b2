package hls

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture/mp4"
)

// encode returns four seconds of video and audio as an encoder writes them, which
// begin at the given second.
func encode(t *testing.T, at string) []byte {
	t.Helper()
	args := []string{"-v", "error", "-copyts",
		"-itsoffset", at, "-f", "lavfi", "-i", "testsrc2=s=160x120:r=30:d=4", "-itsoffset", at, "-f", "lavfi", "-i", "sine=f=440:r=48000:d=4"}
	return ffmpeg(t, append(args, "-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-bf", "0", "-threads", "1", "-c:a", "aac", "-bitexact",
		"-movflags", "frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets", "-frag_duration", "500000", "-f", "mp4", "pipe:1")...)
}

// ffmpeg returns what ffmpeg writes, and fails the test when it complains.
func ffmpeg(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "ffmpeg", args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil || complaint.Len() > 0 {
		t.Fatalf("ffmpeg %s: %v\n%s", strings.Join(args, " "), err, complaint.String())
	}
	return out.Bytes()
}

// frames returns a hash of each decoded frame.
func frames(t *testing.T, path string) (all []string) {
	t.Helper()
	for line := range strings.Lines(string(ffmpeg(t, "-v", "warning", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-"))) {
		if !strings.HasPrefix(line, "#") {
			all = append(all, strings.TrimSpace(line[strings.LastIndex(line, ",")+1:]))
		}
	}
	return all
}

// The playlists of a file, whose encoder was lost on the way, are read without a
// warning and hold every frame, before and after the file is finished.
func TestPlays(t *testing.T) {
	data := encode(t, "1")
	path := filepath.Join(t.TempDir(), "a b.mp4")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := mp4.NewWriter(f, mp4.Options{Reserve: 64 << 10, Timing: mp4.TimingAbsolute})
	if err != nil {
		t.Fatal(err)
	}
	write := func(data []byte) {
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	write(data)
	if err := w.Restart(4 * time.Second); err != nil {
		t.Fatal(err)
	}
	write(data)
	before := check(t, path, w.Index())
	if _, err := w.Finish(mp4.Metadata{}); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	ix, err := mp4.Scan(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, check(t, path, ix)); diff != "" {
		t.Errorf("the playlist of the finished file (-recording +finished):\n%s", diff)
	}
}

// check plays the master playlist of the file at path.
func check(t *testing.T, path string, ix *mp4.Index) string {
	t.Helper()
	dir := filepath.Dir(path)
	// ffmpeg opens local files by the reference as it stands.
	if err := os.Symlink(filepath.Base(path), filepath.Join(dir, Reference(filepath.Base(path)))); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	media, err := OfFile(ix, Reference(filepath.Base(path)))
	if err != nil {
		t.Fatal(err)
	}
	master := filepath.Join(dir, "list.m3u8")
	for name, text := range map[string][]byte{master: Master([]Variant{VariantOf(media, "media.m3u8", ix.Format())}), filepath.Join(dir, "media.m3u8"): media.Text()} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(frames(t, master)); n != 240 {
		t.Errorf("%d frames, want 240\n%s", n, media.Text())
	}
	if got := media.Duration(); (got-8*time.Second).Abs() > 30*time.Millisecond || len(media.Segments) != 4 {
		t.Errorf("%d segments, %v:\n%s", len(media.Segments), got, media.Text())
	}
	return string(media.Text())
}

// A file without fragments has no playlist.
func TestCompact(t *testing.T) {
	if _, err := OfFile(&mp4.Index{}, "a.mp4"); err == nil {
		t.Error("a playlist of nothing")
	}
}
