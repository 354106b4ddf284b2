package ffmpeg_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

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

// picture returns one picture of what a spec asks for.
func picture(t *testing.T, s ffmpeg.Spec) ([]byte, matroska.Video) {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, s.Size.Width, s.Size.Height), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(16 + i%200)
	}
	if s.Codec == ffmpeg.I420 {
		return slices.Concat(img.Y, img.Cb, img.Cr), matroska.Video{Size: s.Size, Codec: matroska.I420}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), matroska.Video{Size: s.Size, Codec: matroska.MJPEG}
}

// feed writes pictures of the given times, and sound up to length.
func feed(t *testing.T, p io.Writer, s ffmpeg.Spec, length time.Duration, times []time.Duration) error {
	t.Helper()
	bytes, video := picture(t, s)
	w, err := matroska.NewWriter(p, video, true)
	if err != nil {
		return err
	}
	for at := time.Duration(0); at < length; at += 10 * time.Millisecond {
		for len(times) > 0 && times[0] <= at {
			if err := w.Picture(times[0], bytes); err != nil {
				return err
			}
			times = times[1:]
		}
		if err := w.Sound(at, make([]int16, 960)); err != nil {
			return err
		}
	}
	return nil
}

// every returns the times of pictures up to length, the last of them in the last
// slot of the grid.
func every(step, length time.Duration, fps int) (times []time.Duration) {
	slot := time.Second / time.Duration(fps)
	for at := time.Duration(0); at < length-slot; at += step {
		times = append(times, at)
	}
	return append(times, length-slot)
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

// Pictures at 2 fps become a grid of any rate, exactly; picture and sound begin
// together, but for the priming of AAC.
func TestEncode(t *testing.T) {
	for name, c := range map[string]struct {
		codec    ffmpeg.Codec
		fps      int
		preset   string
		vfr      bool
		pictures int
		timebase string
	}{
		"JPEG":                 {codec: ffmpeg.JPEG, fps: 30, preset: "superfast", pictures: 7, timebase: "1/30000"},
		"JPEG, sixty a second": {codec: ffmpeg.JPEG, fps: 60, preset: "ultrafast", pictures: 7, timebase: "1/60000"},
		"JPEG, one a second":   {codec: ffmpeg.JPEG, fps: 1, preset: "ultrafast", pictures: 3, timebase: "1/1000"},
		"JPEG, own times":      {codec: ffmpeg.JPEG, fps: 30, vfr: true, preset: "ultrafast", pictures: 7, timebase: "1/90000"},
		"raw":                  {codec: ffmpeg.I420, fps: 30, preset: "superfast", pictures: 7, timebase: "1/30000"},
		"raw, an odd rate":     {codec: ffmpeg.I420, fps: 29, preset: "ultrafast", pictures: 7, timebase: "1/29000"},
		"raw, one a second":    {codec: ffmpeg.I420, fps: 1, preset: "ultrafast", pictures: 3, timebase: "1/1000"},
		"raw, own times":       {codec: ffmpeg.I420, fps: 1, vfr: true, preset: "ultrafast", pictures: 3, timebase: "1/90000"},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec()
			s.Size = capture.Size{Width: 320, Height: 240}
			s.Codec, s.FPS, s.VFR, s.Preset = c.codec, c.fps, c.vfr, c.preset
			const length = 3 * time.Second
			var out bytes.Buffer
			p := start(t, t.Context(), s, &out)
			if err := feed(t, p, s, length, every(max(500*time.Millisecond, time.Second/time.Duration(s.FPS)), length, s.FPS)); err != nil {
				t.Fatal(err)
			}
			if err := p.CloseInput(); err != nil {
				t.Fatal(err)
			}
			if err := p.Wait(); err != nil {
				t.Fatal(err)
			}
			got := probe(t, out.Bytes(), "stream=codec_name,profile,width,height,pix_fmt,color_range,color_space,color_transfer,color_primaries,time_base,start_time,nb_read_packets")
			for _, want := range []string{
				"codec_name=h264", "profile=High", "width=320", "height=240", "pix_fmt=yuv420p",
				"color_range=tv", "color_space=bt709", "color_transfer=bt709", "color_primaries=bt709",
				"time_base=" + c.timebase, "start_time=1.000000", fmt.Sprintf("nb_read_packets=%d", c.pictures),
				"codec_name=aac", "start_time=0.978667",
			} {
				if !strings.Contains(got, want+"\n") {
					t.Errorf("no %s in\n%s", want, got)
				}
			}
			if n := p.Progress(); n.Frames != c.pictures || n.At == 0 || n.At > capture.Now() || n.Moved > length {
				t.Errorf("progress %+v, want %d frames", n, c.pictures)
			}
		})
	}
}

// Between its input and the encoder nothing converts a raw picture.
func TestRawIsNotConverted(t *testing.T) {
	for _, c := range []struct {
		codec  ffmpeg.Codec
		scales bool
	}{{ffmpeg.I420, false}, {ffmpeg.JPEG, true}} { // the second shows that the test can see it
		s := spec()
		s.Size, s.Codec = capture.Size{Width: 64, Height: 48}, c.codec
		args, err := ffmpeg.Args(s)
		if err != nil {
			t.Fatal(err)
		}
		args[slices.Index(args, "level+warning")] = "debug"
		args[slices.Index(args, "pipe:3")] = "pipe:2"
		var stream bytes.Buffer
		if err := feed(t, &stream, s, time.Second, every(100*time.Millisecond, time.Second, 30)); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(find(t), args...)
		var log bytes.Buffer
		cmd.Stdin, cmd.Stderr = &stream, &log
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, &log)
		}
		if !strings.Contains(log.String(), "[graph") {
			t.Fatalf("the log does not tell of filters:\n%s", &log)
		}
		if scales := regexp.MustCompile(`(?m)^\[(auto|Parsed)_scale`).MatchString(log.String()) || strings.Contains(log.String(), "swscaler"); scales != c.scales {
			t.Errorf("%s: scaled is %v, want %v", c.codec, scales, c.scales)
		}
	}
}

func TestSoundOnly(t *testing.T) {
	var out bytes.Buffer
	p := start(t, t.Context(), ffmpeg.Spec{}, &out)
	w, err := matroska.NewWriter(p, matroska.Video{}, true)
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
	_ = feed(t, p, s, 5*time.Second, every(100*time.Millisecond, 5*time.Second, 30)) // breaks off when ffmpeg is gone
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

// A stopped ffmpeg reads nothing and tells nothing. Kill ends it, and the Write
// that waits for it.
func TestKillStopped(t *testing.T) {
	s := spec()
	s.Size, s.Codec, s.Preset = capture.Size{Width: 640, Height: 480}, ffmpeg.I420, "ultrafast"
	p := start(t, t.Context(), s, io.Discard)
	written := make(chan error)
	go func() { written <- feed(t, p, s, time.Hour, every(10*time.Millisecond, time.Hour, 30)) }()
	for p.Progress().At == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for !stopped(t, p.PID()) {
		time.Sleep(5 * time.Millisecond)
	}
	// What it had told before has been read when two looks agree.
	last := p.Progress()
	for {
		time.Sleep(700 * time.Millisecond)
		if now := p.Progress(); now == last {
			break
		} else if now.At-last.At > capture.Time(time.Second) {
			t.Fatalf("a stopped ffmpeg tells %+v after %+v", now, last)
		} else {
			last = now
		}
	}
	select {
	case err := <-written:
		t.Fatalf("writing ended, with %v", err)
	default:
	}
	p.Kill()
	if err := <-written; !errors.Is(err, os.ErrClosed) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("the write ended with %v", err)
	}
	if err := p.Wait(); err == nil {
		t.Error("a killed ffmpeg counts as success")
	}
	if err := syscall.Kill(p.PID(), 0); err == nil {
		t.Error("the process is still there")
	}
	p.Kill() // harmless
}

// stopped tells whether a process is stopped by a signal (proc(5), stat).
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "T")
}

// Where the output can't be written, as on a network file system that is gone,
// Kill ends the waiting all the same.
func TestKillWithBlockedOutput(t *testing.T) {
	blocked, release := make(chan struct{}), make(chan struct{})
	out := writerFunc(func(b []byte) (int, error) {
		close(blocked)
		<-release
		return 0, io.ErrClosedPipe
	})
	p := start(t, t.Context(), ffmpeg.Spec{}, out)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		_ = feed(t, p, ffmpeg.Spec{Size: capture.Size{Width: 2, Height: 2}}, time.Hour, nil) // until it is killed
	}()
	<-blocked
	p.Kill()
	<-fed
	err := p.Wait()
	if class, _ := classOf(t, err); class != capture.ClassEncoder || !strings.Contains(err.Error(), "does not end") {
		t.Errorf("%s: %v", class, err)
	}
	close(release)
}

// The kernel takes a megabyte before ffmpeg has read a byte.
func TestInputPipe(t *testing.T) {
	most, err := os.ReadFile("/proc/sys/fs/pipe-max-size")
	if n, convErr := strconv.Atoi(strings.TrimSpace(string(most))); err != nil || convErr != nil || n < 1<<20 {
		t.Skipf("pipes of this machine are smaller: %s", most)
	}
	p := start(t, t.Context(), ffmpeg.Spec{}, io.Discard)
	pipe, err := os.Open(fmt.Sprintf("/proc/%d/fd/0", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	size, err := unix.FcntlInt(pipe.Fd(), unix.F_GETPIPE_SZ, 0)
	pipe.Close()
	if err != nil || size != 1<<20 {
		t.Errorf("a pipe of %d bytes, %v", size, err)
	}
	p.Kill()
	_ = p.Wait() // it was killed
}
