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
	w, err := matroska.NewWriter(&stream, matroska.Video{Size: size, Codec: matroska.MJPEG}, true)
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
	w, err := matroska.NewWriter(&bytes.Buffer{}, matroska.Video{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Sound(-time.Millisecond, make([]int16, 2)); err == nil {
		t.Error("a time before the start was accepted")
	}
}

// A raw picture is read as yuv420p of BT.709 in limited range, and its bytes
// come out as they went in.
func TestFFmpegReadsI420(t *testing.T) {
	size := capture.Size{Width: 66, Height: 50}
	pictures := make([]byte, 0, 3*size.Pixels()*3/2)
	var stream bytes.Buffer
	w, err := matroska.NewWriter(&stream, matroska.Video{Size: size, Codec: matroska.I420}, true)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		picture := make([]byte, size.Pixels()*3/2)
		for i := range picture {
			picture[i] = byte(16 + (i*7+n*31)%200)
		}
		pictures = append(pictures, picture...)
		if err := w.Picture(time.Duration(n)*2*time.Second, picture); err != nil {
			t.Fatal(err)
		}
		if err := w.Sound(time.Duration(n)*2*time.Second, make([]int16, 960)); err != nil {
			t.Fatal(err)
		}
	}
	head := run(t, stream.Bytes(), "ffprobe", "-v", "error", "-select_streams", "v", "-of", "default=nw=1",
		"-show_entries", "stream=codec_name,pix_fmt,width,height,color_range,color_space,color_transfer,color_primaries", "pipe:0")
	want := "codec_name=rawvideo\nwidth=66\nheight=50\npix_fmt=yuv420p\ncolor_range=tv\ncolor_space=bt709\ncolor_transfer=bt709\ncolor_primaries=bt709\n"
	if string(head) != want {
		t.Errorf("ffprobe reads\n%s\nwant\n%s", head, want)
	}
	got := run(t, stream.Bytes(), "ffmpeg", "-v", "error", "-i", "pipe:0", "-map", "0:v", "-c", "copy", "-f", "rawvideo", "pipe:1")
	if !bytes.Equal(got, pictures) {
		t.Errorf("%d bytes of pictures, other than the %d written", len(got), len(pictures))
	}
}

func run(t *testing.T, stdin []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pieces notes what it is given.
type pieces struct {
	small int
	large [][]byte
}

func (p *pieces) Write(b []byte) (int, error) {
	if len(b) > 100 {
		p.large = append(p.large, b)
	} else {
		p.small += len(b)
	}
	return len(b), nil
}

// A picture of megabytes goes to the writer as it came: not copied, and in one
// piece, with a few bytes before it.
func TestPictureIsNotCopied(t *testing.T) {
	size := capture.Size{Width: 320, Height: 240}
	p := &pieces{}
	w, err := matroska.NewWriter(p, matroska.Video{Size: size, Codec: matroska.I420}, false)
	if err != nil {
		t.Fatal(err)
	}
	*p = pieces{}
	picture := make([]byte, size.Pixels()*3/2)
	if err := w.Picture(0, picture); err != nil {
		t.Fatal(err)
	}
	if len(p.large) != 1 || len(p.large[0]) != len(picture) || &p.large[0][0] != &picture[0] {
		t.Errorf("the picture was written in %d pieces, or copied", len(p.large))
	}
	if p.small > 40 {
		t.Errorf("%d bytes before it", p.small)
	}
	p.large = make([][]byte, 0, 1000)
	at := time.Duration(0)
	allocated := testing.AllocsPerRun(100, func() {
		at += 33 * time.Millisecond
		if err := w.Picture(at, picture); err != nil {
			t.Fatal(err)
		}
	})
	if allocated != 0 {
		t.Errorf("%v allocations a picture", allocated)
	}
}

func TestRefuses(t *testing.T) {
	for name, v := range map[string]matroska.Video{
		"no codec":      {Size: capture.Size{Width: 64, Height: 48}},
		"no size":       {Codec: matroska.MJPEG},
		"odd raw size":  {Size: capture.Size{Width: 65, Height: 48}, Codec: matroska.I420},
		"unknown codec": {Size: capture.Size{Width: 64, Height: 48}, Codec: 3},
	} {
		if _, err := matroska.NewWriter(&bytes.Buffer{}, v, true); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	w, err := matroska.NewWriter(&bytes.Buffer{}, matroska.Video{Size: capture.Size{Width: 64, Height: 48}, Codec: matroska.I420}, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Picture(0, make([]byte, 64*48)); err == nil {
		t.Error("a raw picture that is too short was accepted")
	}
}
