// Package mp4test makes recordings for tests: what an encoder like Beam's writes, in
// files like Beam's.
package mp4test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beam/capture/mp4"
)

// Origin is where the times of Absolute begin.
const Origin = time.Second

// Fragments has ffmpeg make fragments like those of a recording, out of inputs and
// codecs that it is told.
func Fragments(t testing.TB, args ...string) []byte {
	t.Helper()
	args = slices.Concat([]string{"-v", "error"}, args,
		[]string{"-movflags", "frag_keyframe+empty_moov+default_base_moof+frag_discont+negative_cts_offsets", "-f", "mp4", "pipe:1"})
	data, err := exec.CommandContext(t.Context(), "ffmpeg", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Absolute are the options of a file whose times are the recording's own, from Origin
// on.
func Absolute() mp4.Options {
	origin := Origin
	return mp4.Options{Reserve: 32 << 10, Timing: mp4.TimingAbsolute, Origin: &origin}
}

// File writes fragments into a file, meeting.mp4, and returns its path. end, where
// there is one, ends it: without it the file is as a killed recorder leaves it.
func File(t testing.TB, fragments []byte, o mp4.Options, end func(w *mp4.Writer, f *os.File) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meeting.mp4")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := mp4.NewWriter(f, o)
	if err == nil {
		_, err = w.Write(fragments)
	}
	if err == nil && end != nil {
		err = end(w, f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Finish is an end of File: the file is finished.
func Finish(w *mp4.Writer, _ *os.File) error {
	_, err := w.Finish(mp4.Metadata{})
	return err
}
