package matroska_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/matroska"
)

func picture(t *testing.T, size capture.Size) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, size.Width, size.Height)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ffprobe returns the presentation times that ffprobe reads from a stream.
func ffprobe(t *testing.T, stream []byte, track string) []time.Duration {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-select_streams", track,
		"-show_entries", "packet=pts_time", "-of", "csv=p=0", "pipe:0")
	cmd.Stdin = bytes.NewReader(stream)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Duration
	for line := range strings.Lines(string(out)) {
		seconds, err := strconv.ParseFloat(strings.Trim(line, ",\n"), 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, time.Duration(seconds*float64(time.Second)).Round(time.Microsecond))
	}
	return times
}

// Times that begin late, run backwards between the tracks and leave gaps longer
// than a cluster must all be read back as they were written.
func TestFFprobeReadsTimes(t *testing.T) {
	size := capture.Size{Width: 64, Height: 48}
	pictures := []time.Duration{0, 33300 * time.Microsecond, 66700 * time.Microsecond, 5 * time.Second, 5033 * time.Millisecond, time.Hour}
	sounds := []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 4990 * time.Millisecond, 5 * time.Second, time.Hour - time.Second}

	var stream bytes.Buffer
	w, err := matroska.NewWriter(&stream, size, true)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range pictures {
		if err := w.Picture(at, picture(t, size)); err != nil {
			t.Fatal(err)
		}
		if i < len(sounds) {
			if err := w.Sound(sounds[i], make([]int16, 960)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := ffprobe(t, stream.Bytes(), "v"); !slices.Equal(got, pictures) {
		t.Errorf("pictures at %v, want %v", got, pictures)
	}
	if got := ffprobe(t, stream.Bytes(), "a"); !slices.Equal(got, sounds) {
		t.Errorf("sound at %v, want %v", got, sounds)
	}
}

func TestNegativeTime(t *testing.T) {
	w, err := matroska.NewWriter(&bytes.Buffer{}, capture.Size{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sound(-time.Millisecond, make([]int16, 2)); err == nil {
		t.Error("a time before the start was accepted")
	}
}
