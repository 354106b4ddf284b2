package avsync

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"beam/capture/inspect/testpattern"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a recording with known properties.
type scene struct {
	seconds    float64
	fps        float64
	w, h       int
	paint      func(g *image.Gray, n int) // picture n, black before
	beep       func(second int) (at time.Duration, ok bool)
	beepLength time.Duration
	beepHz     func(second int) float64
	input      []string // arguments of ffmpeg before the inputs
	output     []string // codecs and muxer options
	file       string   // its ending chooses the container
}

// aac is how Beam encodes; faststart and fragmented are the two kinds of file. x264
// is fast, as nothing is looked at but the marks, but has B-frames, which move the
// times in a file.
var (
	x264       = []string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-crf", "28", "-pix_fmt", "yuv420p", "-threads", "1"}
	aac        = []string{"-c:a", "aac", "-b:a", "128k"}
	faststart  = []string{"-movflags", "faststart"}
	fragmented = []string{"-bf", "0", "-g", "60", "-movflags", "frag_keyframe+empty_moov+default_base_moof"}
)

func options(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// record encodes the scene with ffmpeg and returns the path of the file.
func (s scene) record(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	wav := filepath.Join(dir, "sound.f32")
	if err := os.WriteFile(wav, s.sound(), 0o600); err != nil {
		t.Fatal(err)
	}
	name := s.file
	if name == "" {
		name = "scene.mp4"
	}
	path := filepath.Join(dir, name)
	args := options([]string{"-nostdin", "-v", "error", "-y"}, s.input,
		[]string{"-f", "rawvideo", "-pix_fmt", "gray", "-s", strconv.Itoa(s.w) + "x" + strconv.Itoa(s.h),
			"-r", strconv.FormatFloat(s.fps, 'f', -1, 64), "-i", "pipe:0",
			"-f", "f32le", "-ar", "48000", "-ac", "1", "-i", wav, "-map", "0:v", "-map", "1:a"},
		s.output, []string{path})
	cmd := exec.CommandContext(t.Context(), "ffmpeg", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writeErr := s.pictures(stdin)
	if err := cmd.Wait(); err != nil || writeErr != nil {
		t.Fatalf("ffmpeg: %v, %v: %s", err, writeErr, stderr.String())
	}
	return path
}

func (s scene) pictures(w io.WriteCloser) error {
	defer w.Close()
	out := bufio.NewWriterSize(w, 1<<20)
	g := image.NewGray(image.Rect(0, 0, s.w, s.h))
	for n := range int(math.Round(s.seconds * s.fps)) {
		clear(g.Pix)
		s.paint(g, n)
		if _, err := out.Write(g.Pix); err != nil {
			return err
		}
	}
	return out.Flush()
}

// sound returns beeps of -12 dBFS over noise of about -70 dBFS.
func (s scene) sound() []byte {
	const rate = 48000
	pcm := make([]float32, int(s.seconds*rate))
	seed := uint32(1)
	for i := range pcm {
		seed = seed*1664525 + 1013904223
		pcm[i] = (float32(seed>>8)/(1<<24) - 0.5) * 0.001
	}
	for k := range int(s.seconds) + 1 {
		at, ok := s.beep(k)
		if !ok {
			continue
		}
		burst(pcm, rate, at, s.beepLength, s.beepHz(k))
	}
	out := make([]byte, 0, 4*len(pcm))
	for _, v := range pcm {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

// burst adds a tone that begins at exactly the time at, between samples too.
func burst(pcm []float32, rate float64, at, length time.Duration, hz float64) {
	from, to := at.Seconds()*rate, (at+length).Seconds()*rate
	for i := max(0, int(math.Ceil(from))); float64(i) < to && i < len(pcm); i++ {
		pcm[i] += float32(0.25 * math.Sin(2*math.Pi*hz*(float64(i)-from)/rate))
	}
}

// timingPage is a scene of the timing page: the page's clock is clock(time in
// the file), and its second k sounds at beepAt(k).
func timingPage(seconds float64, clock func(n int, at time.Duration) (ms uint32, ok bool), beep func(k int) (time.Duration, bool)) scene {
	s := scene{
		seconds: seconds, fps: 30, w: 320, h: 180, beepLength: 60 * time.Millisecond, beep: beep,
		beepHz: func(k int) float64 {
			if k%10 == 0 {
				return testpattern.TenthBeepHz
			}
			return testpattern.BeepHz
		},
		output: options(x264, aac, faststart),
	}
	s.paint = func(g *image.Gray, n int) {
		at := time.Duration(float64(n) / s.fps * float64(time.Second))
		// Something else moves on the page.
		x := 3 * n % s.w
		testpattern.Fill(g, image.Rect(x, 50, x+30, 80), true)
		if ms, ok := clock(n, at); ok {
			testpattern.PaintStrip(g, testpattern.ClockRect(g.Rect), testpattern.Clock, ms)
		}
	}
	return s
}

// steady is a page clock that shows the time in the file.
func steady(_ int, at time.Duration) (uint32, bool) {
	return uint32(at.Round(time.Millisecond).Milliseconds()), true
}

// late returns beeps that are late by a fixed time and by drift a minute.
func late(offset, drift time.Duration) func(int) (time.Duration, bool) {
	return func(k int) (time.Duration, bool) {
		at := time.Duration(k)*time.Second + offset
		return at + time.Duration(at.Minutes()*float64(drift)), at >= 0
	}
}
