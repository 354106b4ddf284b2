package ffmpeg_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/ffmpeg"
	"beam/capture/h264"
	"beam/capture/matroska"
	"beam/capture/mp4"
)

// grays are those of the pictures of TestGrid, far enough apart to be told from
// each other when they have been encoded.
var grays = []byte{40, 80, 120, 160, 200}

// flat returns a picture of one gray.
func flat(t *testing.T, s ffmpeg.Spec, gray byte) []byte {
	t.Helper()
	if s.Codec == ffmpeg.I420 {
		return slices.Concat(bytes.Repeat([]byte{gray}, s.Size.Pixels()), bytes.Repeat([]byte{128}, s.Size.Pixels()/2))
	}
	img := image.NewGray(image.Rect(0, 0, s.Size.Width, s.Size.Height))
	for i := range img.Pix {
		img.Pix[i] = byte((int(gray) - 16) * 255 / 219) // JPEG is full range
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Each picture is shown from its slot on, until the next one's, whether the
// pictures follow each other closely, or after a gap in which the page did not
// change.
func TestGrid(t *testing.T) {
	slots := []int{0, 1, 2, 3, 9, 10, 11, 23, 24, 36, 37, 38, 40, 60, 61, 63}
	for _, c := range []struct {
		codec ffmpeg.Codec
		fps   int
		vfr   bool
	}{{ffmpeg.I420, 30, false}, {ffmpeg.JPEG, 30, false}, {ffmpeg.I420, 29, false}, {ffmpeg.I420, 7, false}, {ffmpeg.JPEG, 60, false},
		{ffmpeg.JPEG, 1, false}, {ffmpeg.I420, 30, true}} {
		t.Run(fmt.Sprintf("%s at %d, VFR %v", c.codec, c.fps, c.vfr), func(t *testing.T) {
			t.Parallel()
			s := spec()
			s.Size, s.Codec, s.FPS, s.VFR, s.Preset = capture.Size{Width: 64, Height: 64}, c.codec, c.fps, c.vfr, "ultrafast"
			at := func(slot int) time.Duration { return time.Duration(slot) * time.Second / time.Duration(c.fps) }
			var out bytes.Buffer
			var to io.Writer = &out
			if !c.vfr {
				filler := mp4.NewFiller(&out, c.fps, func(config []byte) (mp4.Repeater, error) { return h264.NewRepeater(config) })
				defer func() {
					if err := filler.Plain(); err != nil {
						t.Error(err)
					}
				}()
				to = filler
			}
			p := start(t, t.Context(), s, to)
			w, err := matroska.NewWriter(p, matroska.Video{Size: s.Size, Codec: map[ffmpeg.Codec]matroska.Codec{ffmpeg.I420: matroska.I420, ffmpeg.JPEG: matroska.MJPEG}[s.Codec]}, true)
			if err != nil {
				t.Fatal(err)
			}
			end := at(slots[len(slots)-1] + 1)
			next := 0
			for sound := time.Duration(0); sound < end; sound += 10 * time.Millisecond {
				for next < len(slots) && at(slots[next]) <= sound {
					if err := w.Picture(at(slots[next]), flat(t, s, grays[next%len(grays)])); err != nil {
						t.Fatal(err)
					}
					next++
				}
				if err := w.Sound(sound, make([]int16, 960)); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.CloseInput(); err != nil {
				t.Fatal(err)
			}
			if err := p.Wait(); err != nil {
				t.Fatal(err)
			}
			times, shown := decode(t, out.Bytes())
			var want []string
			for i, slot := range slots {
				for again := slot; again == slot || !c.vfr && i+1 < len(slots) && again < slots[i+1]; again++ {
					want = append(want, fmt.Sprintf("%d:%d", again, grays[i%len(grays)]))
				}
			}
			var got []string
			for i := range times {
				slot := (times[i] - ffmpeg.Origin.Seconds()) * float64(c.fps)
				gray := slices.MinFunc(grays, func(a, b byte) int { return apart(a, shown[i]) - apart(b, shown[i]) })
				if off := slot - float64(int(slot+0.5)); off > 0.02 || off < -0.02 {
					t.Errorf("picture %d is %.3f slots from the grid", i, off)
				}
				got = append(got, fmt.Sprintf("%d:%d", int(slot+0.5), gray))
			}
			if !slices.Equal(got, want) {
				t.Errorf("shown (slot:gray)\n%v, want\n%v", got, want)
			}
		})
	}
}

func apart(a, b byte) int { return max(int(a)-int(b), int(b)-int(a)) }

// decode returns the presentation times of an MP4's pictures, in seconds, and
// the gray of each.
func decode(t *testing.T, file []byte) (times []float64, shown []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out.mp4")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		at, err := strconv.ParseFloat(strings.Trim(line, ",\n"), 64)
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, at)
	}
	raw, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 * 64 * 3 / 2
	if len(raw) != len(times)*size {
		t.Fatalf("%d bytes of pictures, %d times", len(raw), len(times))
	}
	for i := range times {
		shown = append(shown, raw[i*size+size/3])
	}
	return times, shown
}
