package inspect

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance || math.IsNaN(got) {
		t.Errorf("%s = %.4f, want %.4f within %g", what, got, want, tolerance)
	}
}

// ffmpeg makes a file in a new folder from lavfi sources or other inputs and
// returns its path.
func ffmpeg(t *testing.T, name string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-nostdin", "-v", "error", "-y"}, args...), path)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return path
}

// encode makes a file of gray pictures at 30 fps that paint paints one after
// the other on the same canvas.
func encode(t *testing.T, w, h, n int, paint func(g *image.Gray, n int), args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pictures.mp4")
	all := append([]string{"-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-r", "30",
		"-s", strconv.Itoa(w) + "x" + strconv.Itoa(h), "-i", "pipe:0"}, args...)
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append(all, path)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(stdin)
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range n {
		paint(g, i)
		_, _ = out.Write(g.Pix) // ffmpeg's exit tells
	}
	_ = out.Flush()
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, stderr.String())
	}
	return path
}

// pcmFile writes mono samples, 48000 a second, as a raw file for ffmpeg.
func pcmFile(t *testing.T, pcm []float32) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.f32")
	out := make([]byte, 0, 4*len(pcm))
	for _, v := range pcm {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-f", "f32le", "-ar", "48000", "-ac", "1", "-i", path}
}

var x264 = []string{"-c:v", "libx264", "-preset", "superfast", "-pix_fmt", "yuv420p", "-g", "60", "-threads", "2"}

func newLines(s string) *bufio.Reader { return bufio.NewReader(strings.NewReader(s)) }
