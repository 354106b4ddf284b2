package contactsheet

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/capture"
	"beam/capture/inspect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ffmpeg makes a file from lavfi sources.
func ffmpeg(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-nostdin", "-v", "error"}, args...), path)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

var x264 = []string{"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60"}

// thirds is a movie of 6 s that is red, green and blue for two seconds each.
func thirds(t *testing.T, size string, more ...string) string {
	t.Helper()
	var args []string
	for _, c := range []string{"red", "lime", "blue"} {
		args = append(args, "-f", "lavfi", "-t", "2", "-i", "color=c="+c+":r=30:s="+size)
	}
	args = append(args, "-f", "lavfi", "-t", "6", "-i", "aevalsrc=0.5*sin(880*PI*t)*gte(t\\,3):s=48000",
		"-filter_complex", "concat=n=3", "-map", "3:a", "-b:a", "128k")
	return ffmpeg(t, "thirds.mp4", append(append(args, x264...), more...)...)
}

func contact(t *testing.T, path string, o Options) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := Contact(t.Context(), inspect.Tools{}, path, &b, o); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// near tells whether a pixel has nearly a colour.
func near(got color.Color, r, g, b int) bool {
	x := color.NRGBAModel.Convert(got).(color.NRGBA)
	off := func(a uint8, b int) bool { return int(a) > b+24 || int(a) < b-24 }
	return !off(x.R, r) && !off(x.G, g) && !off(x.B, b)
}

// Each cell has the picture of its time, and the waveform the sound of its own.
func TestContact(t *testing.T) {
	for _, test := range []struct {
		size    string
		w, h    int
		options Options // each picture of a sheet is a run of ffmpeg
		cells   int
		cols    int
	}{{"320x180", 320, 180, Options{}, 16, 4}, {"180x320", 180, 320, Options{Columns: 3, Rows: 2}, 6, 3}} {
		t.Run(test.size, func(t *testing.T) {
			img := contact(t, thirds(t, test.size), test.options)
			p := makePlan(test.options, test.w, test.h, 180, 6*time.Second)
			if img.Bounds().Size() != p.size || len(p.cells) != test.cells || p.cells[test.cols].Min.X != p.cells[0].Min.X {
				t.Fatalf("size %v, want %v", img.Bounds().Size(), p.size)
			}
			for i, at := range p.times {
				want := [3]int{}
				want[int(at/(2*time.Second))] = 255
				c := p.cells[i]
				if got := img.At(c.Min.X+c.Dx()/2, c.Min.Y+c.Dy()/2); !near(got, want[0], want[1], want[2]) {
					t.Errorf("cell %d at %v: %v, want %v", i, at, got, want)
				}
				if got := img.At(c.Min.X+2, c.Max.Y-2); near(got, want[0], want[1], want[2]) {
					t.Errorf("cell %d has no label", i)
				}
			}
			above := p.wave.Min.Y + p.wave.Dy()/2 - 20 // within the tone
			if got := img.At(p.wave.Min.X+p.wave.Dx()/4, above); got != panel {
				t.Errorf("sound in the silent half: %v", got)
			}
			if got := img.At(p.wave.Min.X+p.wave.Dx()*3/4, above); got != loud {
				t.Errorf("no sound in the loud half: %v", got)
			}
		})
	}
}

// Files that are no ordinary recordings are drawn all the same. Each picture of
// a sheet is a run of ffmpeg: these sheets have four.
func TestContactOfOddFiles(t *testing.T) {
	small := Options{Columns: 2, Rows: 2}
	for _, test := range []struct {
		name, file string
		cells      int
		args       []string
	}{
		{"sound alone", "a.m4a", 0, []string{"-f", "lavfi", "-t", "2", "-i", "sine"}},
		{"picture alone", "a.mp4", 4, append([]string{"-f", "lavfi", "-t", "2", "-i", "testsrc2=r=30:s=320x180"}, x264...)},
		{"one picture", "a.mp4", 1, append([]string{"-f", "lavfi", "-t", "0.04", "-i", "testsrc2=r=30:s=320x180"}, x264...)},
		{"three pictures", "a.mp4", 3, append([]string{"-f", "lavfi", "-t", "0.1", "-i", "testsrc2=r=30:s=320x180"}, x264...)},
		{"sound goes on", "a.mp4", 4, append([]string{"-f", "lavfi", "-t", "1", "-i", "testsrc2=r=30:s=320x180", "-f", "lavfi", "-t", "6", "-i", "sine"}, x264...)},
		{"no duration", "a.webm", 4, []string{"-f", "lavfi", "-t", "2", "-i", "testsrc2=r=30:s=320x180", "-f", "lavfi", "-t", "2", "-i", "sine",
			"-c:v", "libvpx", "-deadline", "realtime", "-f", "webm", "-live", "1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := ffmpeg(t, test.file, test.args...)
			img := contact(t, path, small)
			p := makePlan(small, 320, 180, test.cells, time.Second)
			if test.cells == 0 {
				p = makePlan(small, 0, 0, 0, time.Second)
			}
			if img.Bounds().Size() != p.size {
				t.Errorf("size %v, want %v", img.Bounds().Size(), p.size)
			}
			for i, c := range p.cells { // testsrc2 has colour bars at its top
				if got := img.At(c.Min.X+c.Dx()/2, c.Min.Y+4); got == panel {
					t.Errorf("cell %d is empty", i)
				}
			}
		})
	}
}

func TestThumbnail(t *testing.T) {
	// Blank but for the fifth second of ten.
	path := ffmpeg(t, "a.mp4", append([]string{"-f", "lavfi", "-t", "4", "-i", "color=c=white:r=2:s=1280x720",
		"-f", "lavfi", "-t", "1", "-i", "smptebars=r=2:s=1280x720", "-f", "lavfi", "-t", "5", "-i", "color=c=white:r=2:s=1280x720",
		"-filter_complex", "concat=n=3"}, x264...)...)
	var b bytes.Buffer
	if err := Thumbnail(t.Context(), inspect.Tools{}, path, &b); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Size() != image.Pt(640, 360) || variance(img) < 1000 {
		t.Errorf("size %v, variance %.0f", img.Bounds().Size(), variance(img))
	}
	err = Thumbnail(t.Context(), inspect.Tools{}, ffmpeg(t, "b.m4a", "-f", "lavfi", "-t", "1", "-i", "sine"), io.Discard)
	var f *capture.Fault
	if !errors.As(err, &f) || f.Class != capture.ClassUsage || err.Error() != "make a thumbnail: the recording has no picture" {
		t.Errorf("of sound: %v", err)
	}
}

func TestNoRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.mp4")
	if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	movie := thirds(t, "64x64")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name  string
		ctx   context.Context
		tools inspect.Tools
		path  string
		class capture.Class
	}{
		{"no movie", t.Context(), inspect.Tools{}, path, capture.ClassUsage},
		{"no file", t.Context(), inspect.Tools{}, path + "x", capture.ClassUsage},
		{"no ffmpeg", t.Context(), inspect.Tools{FFmpeg: filepath.Join(t.TempDir(), "ffmpeg")}, movie, capture.ClassEnvironment},
		{"ended", ended, inspect.Tools{}, movie, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, draw := range map[string]func(io.Writer) error{
				"contact":   func(w io.Writer) error { return Contact(test.ctx, test.tools, test.path, w, Options{}) },
				"thumbnail": func(w io.Writer) error { return Thumbnail(test.ctx, test.tools, test.path, w) },
			} {
				var b bytes.Buffer
				err := draw(&b)
				var f *capture.Fault
				switch {
				case b.Len() > 0:
					t.Errorf("%s: %d bytes were written", name, b.Len())
				case test.class == "" && !errors.Is(err, context.Canceled), test.class != "" && (!errors.As(err, &f) || f.Class != test.class):
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestSave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.png")
	if err := Save(path, 0o600, func(w io.Writer) error { _, err := io.WriteString(w, "old"); return err }); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := Save(path, 0o600, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}
