package ffmpeg_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/matroska"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func find(t *testing.T) string {
	t.Helper()
	path, err := ffmpeg.Find("")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func start(t *testing.T, ctx context.Context, s ffmpeg.Spec, out io.Writer) *ffmpeg.Process {
	t.Helper()
	args, err := ffmpeg.Args(s)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ffmpeg.Start(ctx, ffmpeg.Options{Path: find(t), Args: args, Output: out, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// feed writes seconds of pictures, one each picture time, and of sound.
func feed(t *testing.T, p io.Writer, size capture.Size, seconds int, every time.Duration) error {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewYCbCr(image.Rect(0, 0, size.Width, size.Height), image.YCbCrSubsampleRatio420), nil); err != nil {
		t.Fatal(err)
	}
	w, err := matroska.NewWriter(p, size, true)
	if err != nil {
		return err
	}
	length := time.Duration(seconds) * time.Second
	// ffmpeg 5.1 repeats the last picture at the end of the input as often as
	// it repeated the ones before (the median of three): end without gaps.
	tail := []time.Duration{length - 170*time.Millisecond, length - 130*time.Millisecond, length - 100*time.Millisecond}
	for at := time.Duration(0); at < length; at += 10 * time.Millisecond {
		if at%every == 0 || slices.Contains(tail, at) {
			if err := w.Picture(at, picture.Bytes()); err != nil {
				return err
			}
		}
		if err := w.Sound(at, make([]int16, 960)); err != nil {
			return err
		}
	}
	return nil
}

func probe(t *testing.T, file []byte, entries string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.mp4")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", entries, "-of", "default=nw=1", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Pictures at 2 fps become a grid of 30 fps; picture and sound begin together,
// but for the priming of AAC.
func TestEncode(t *testing.T) {
	s := spec()
	s.Size = capture.Size{Width: 640, Height: 480}
	var out bytes.Buffer
	p := start(t, t.Context(), s, &out)
	if err := feed(t, p, s.Size, 3, 500*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := p.CloseInput(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	got := probe(t, out.Bytes(), "stream=codec_name,profile,width,height,pix_fmt,color_range,color_space,start_time,nb_read_packets")
	for _, want := range []string{
		"codec_name=h264", "profile=High", "width=640", "height=480", "pix_fmt=yuv420p", "color_range=tv", "color_space=bt709",
		// The last pictures are at 2.9 s and in the two slots before.
		"start_time=1.000000", "nb_read_packets=88",
		"codec_name=aac", "start_time=0.978667",
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if n := p.Progress(); n.Frames != 88 || n.Duplicated < 70 {
		t.Errorf("progress %+v, want 88 frames, most of them duplicated", n)
	}
}

func TestSoundOnly(t *testing.T) {
	var out bytes.Buffer
	p := start(t, t.Context(), ffmpeg.Spec{}, &out)
	w, err := matroska.NewWriter(p, capture.Size{}, true)
	if err != nil {
		t.Fatal(err)
	}
	for at := range 200 {
		if err := w.Sound(time.Duration(at)*10*time.Millisecond, make([]int16, 960)); err != nil {
			t.Fatal(err)
		}
	}
	_ = p.CloseInput()
	if err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := probe(t, out.Bytes(), "stream=codec_name"); got != "codec_name=aac\n" {
		t.Errorf("streams %q, want AAC alone", got)
	}
}

// classOf returns the class of a fault of this package and its hint.
func classOf(t *testing.T, err error) (capture.Class, string) {
	t.Helper()
	var f *capture.Fault
	if !errors.As(err, &f) {
		t.Fatalf("%v is no fault", err)
	}
	return f.Class, f.Hint
}

func TestBadInputTellsFFmpegsWords(t *testing.T) {
	p := start(t, t.Context(), ffmpeg.Spec{}, io.Discard)
	_, _ = p.Write([]byte("this is no Matroska"))
	_ = p.CloseInput()
	err := p.Wait()
	if class, _ := classOf(t, err); class != capture.ClassEncoder {
		t.Errorf("class %s, want encoder", class)
	}
	if !strings.Contains(err.Error(), "Invalid data") {
		t.Errorf("ffmpeg's reason is not in %q", err)
	}
}

func TestFullDisk(t *testing.T) {
	full := writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC })
	s := spec()
	s.Size = capture.Size{Width: 640, Height: 480}
	p := start(t, t.Context(), s, full)
	_ = feed(t, p, s.Size, 5, 100*time.Millisecond) // breaks off when ffmpeg is gone
	_ = p.CloseInput()
	err := p.Wait()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v, want the disk's", err)
	}
	if _, hint := classOf(t, err); !strings.Contains(hint, "disk is full") {
		t.Errorf("hint %q does not speak of the disk", hint)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestKilled(t *testing.T) {
	p := start(t, t.Context(), ffmpeg.Spec{}, io.Discard)
	if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if class, hint := classOf(t, p.Wait()); class != capture.ClassEncoder || !strings.Contains(hint, "memory") {
		t.Errorf("class %s, hint %q", class, hint)
	}
	if err := syscall.Kill(p.PID(), 0); err == nil {
		t.Error("the process is still there")
	}
}

func TestContextEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, ctx, ffmpeg.Spec{}, io.Discard)
	cancel()
	if err := p.Wait(); err == nil {
		t.Error("a killed ffmpeg counts as success")
	}
}

func TestFindMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := ffmpeg.Find("")
	if class, hint := classOf(t, err); class != capture.ClassEnvironment || !strings.Contains(hint, "apt-get install ffmpeg") {
		t.Errorf("class %s, hint %q", class, hint)
	}
}
