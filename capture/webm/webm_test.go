package webm

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// key frames of 16 x 16 black pixels, as encoders made them.
var keys = map[Codec]string{
	VP8:  "EAIAnQEqEAAQAABHCIWFiIWEiAICAAwNYAD+/6tQgA==",
	VP9:  "gkmDQgAA8AD2ADgkHBhKAAAwYAAAEL///UiMAA==",
	AV1:  "EgAKCgAAAAGf+f/zAIAyDhAAwAAAAoAAAACpjljU",
	H264: "AAAAAWdCwArZHsBEAAADAAQAAAMA8DxImSAAAAABaMuDyyAAAAFliIQJomKAAKFu",
}

func key(t *testing.T, c Codec) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(keys[c])
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// file writes key frames at times.
func file(t *testing.T, c Codec, times ...time.Duration) []byte {
	t.Helper()
	var b bytes.Buffer
	frame := []byte{0xFC, 0xFF, 0xFE} // a packet of Opus, silence
	track := Track{Codec: c}
	if !c.Audio() {
		frame, track.Width, track.Height = key(t, c), 16, 16
	}
	w, err := NewWriter(&b, track, frame)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range times {
		if err := w.Frame(at, true, frame); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// TestFFmpegDecodes: each codec's file decodes, and ffprobe reads the times that were
// written, over gaps longer than a cluster too.
func TestFFmpegDecodes(t *testing.T) {
	for _, c := range []Codec{VP8, VP9, AV1, H264, Opus} {
		t.Run(string(c), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "track.webm")
			times := []time.Duration{1500 * time.Millisecond, 1533 * time.Millisecond, 7 * time.Second, time.Hour}
			if err := os.WriteFile(path, file(t, c, times...), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path).CombinedOutput()
			if got := strings.Fields(strings.ReplaceAll(string(out), ",", "")); err != nil || !reflect.DeepEqual(got, []string{"1.500000", "1.533000", "7.000000", "3600.000000"}) {
				t.Errorf("ffprobe reads %v, %v", got, err)
			}
			out, err = exec.Command("ffmpeg", "-v", "warning", "-i", path, "-fps_mode", "passthrough", "-f", "null", "-").CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("ffmpeg says %s, %v", out, err)
			}
		})
	}
}

// TestReadBack: what was written is read, whole, and cut at any byte all that is whole.
func TestReadBack(t *testing.T) {
	for _, c := range []Codec{VP8, H264, Opus} {
		times := []time.Duration{0, 20 * time.Millisecond, 6 * time.Second, 40 * time.Second}
		data := file(t, c, times...)
		read := func(r io.Reader) (got []time.Duration) {
			if err := Read(r, func(f Frame) error { got = append(got, f.At); return nil }); err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := read(bytes.NewReader(data)); !reflect.DeepEqual(got, times) {
			t.Errorf("%s: read %v, want %v", c, got, times)
		}
		before := 0
		for n := range len(data) {
			got := read(bytes.NewReader(data[:n]))
			if len(got) < before || !reflect.DeepEqual(got, append([]time.Duration(nil), times[:len(got)]...)) && len(got) > 0 {
				t.Fatalf("%s cut at %d: %v", c, n, got)
			}
			before = len(got)
		}
	}
}

// TestCopy: what was read can be written as it was.
func TestCopy(t *testing.T) {
	for _, c := range []Codec{AV1, H264, Opus} {
		data := file(t, c, time.Second, 2*time.Second, 20*time.Second)
		var b bytes.Buffer
		var w *Writer
		err := Read(bytes.NewReader(data), func(f Frame) (err error) {
			if w == nil {
				if w, err = Copy(&b, Track{Codec: c, Width: 16, Height: 16}, f); err != nil {
					return err
				}
			}
			return w.Stored(f)
		})
		if err != nil || !bytes.Equal(b.Bytes(), data) {
			t.Errorf("%s: %v, %d bytes of %d", c, err, b.Len(), len(data))
		}
	}
}

// TestTimesDoNotRunBack: a file's times rise, whatever a sender's clock does.
func TestTimesDoNotRunBack(t *testing.T) {
	var got []time.Duration
	err := Read(bytes.NewReader(file(t, VP8, 2*time.Second, time.Second, 3*time.Second)), func(f Frame) error { got = append(got, f.At); return nil })
	if want := []time.Duration{2 * time.Second, 2 * time.Second, 3 * time.Second}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestNoHeadWithoutParameters: a stream whose parameters are not there yet can't begin.
func TestNoHeadWithoutParameters(t *testing.T) {
	for _, c := range []Codec{H264, AV1} {
		if _, err := NewWriter(io.Discard, Track{Codec: c, Width: 16, Height: 16}, []byte{0, 0, 0, 1, 0x41, 1, 2, 3}); !errors.Is(err, errNoSetup) && err == nil {
			t.Errorf("%s begins: %v", c, err)
		}
	}
	if _, err := NewWriter(io.Discard, Track{Codec: "video/h265"}, nil); err == nil {
		t.Error("a codec that is not kept begins")
	}
}

func FuzzUnits(f *testing.F) {
	for _, text := range keys {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range []Codec{H264, AV1, VP8} {
			_, _ = c.setup(data)
			_ = c.stored(data)
		}
		_ = Read(bytes.NewReader(data), func(Frame) error { return nil })
	})
}
