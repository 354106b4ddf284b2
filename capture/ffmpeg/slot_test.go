package ffmpeg

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ff "github.com/u2takey/ffmpeg-go"

	"beam/capture"
	"beam/capture/matroska"
)

// The slotter that ffmpeg runs, written in its expressions, has to put pictures
// into the same slots as capture.Slotter.
func TestSlotFilterIsTheSlotter(t *testing.T) {
	const fps, pictures = 30, 240
	rng := rand.New(rand.NewPCG(3, 4))
	var stream bytes.Buffer
	w, err := matroska.NewWriter(&stream, capture.Size{Width: 64, Height: 64}, false)
	if err != nil {
		t.Fatal(err)
	}
	slots := capture.NewSlotter(0, fps)
	var want []int64
	at := time.Duration(0)
	for i := range pictures {
		if slot, ok := slots.Place(capture.Time(at)); ok {
			want = append(want, slot)
		}
		if err := w.Picture(at, shade(t, uint8(i))); err != nil {
			t.Fatal(err)
		}
		// Grabs at 60 Hz of a page that changes about 36 times a second.
		step := 1 + rng.IntN(2)
		if rng.IntN(12) == 0 {
			step = 5
		}
		at = (at + time.Duration(step)*time.Second/60 + time.Duration(rng.IntN(4000))*time.Microsecond).Round(matroska.Tick)
	}

	picture := ff.Input("pipe:0", ff.KwArgs{"format": "matroska"}).Video()
	out := ff.Output([]*ff.Stream{slot(picture, Spec{FPS: fps, Grab: &Grab{Rate: 60}})}, "pipe:1",
		ff.KwArgs{"format": "framecrc", "fps_mode": "passthrough", "enc_time_base": "1:30"})
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error", "-copyts"}, out.GetArgs()...)...)
	cmd.Stdin = &stream
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for line := range strings.Lines(string(text)) {
		// stream, dts, pts, duration, size, checksum
		if fields := strings.Split(line, ","); len(fields) > 3 && !strings.HasPrefix(line, "#") {
			pts, err := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, pts)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("ffmpeg's slots:\n%v\nthe slotter's:\n%v", got, want)
	}
	if len(want) == pictures {
		t.Error("nothing was dropped: the test proves less than it should")
	}
}

func shade(t *testing.T, gray uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = gray
	}
	img.Set(int(gray)%64, 1, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
