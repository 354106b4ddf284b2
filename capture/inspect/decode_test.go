package inspect

import (
	"context"
	"errors"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/capture"
)

func TestPictureTimes(t *testing.T) {
	source := []string{"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2"}
	cfr := func(n int) time.Duration { return time.Duration(n) * time.Second / 30 }
	for name, tt := range map[string]struct {
		file string
		args []string
		n    int
		at   func(n int) time.Duration
	}{
		"b-frames":         {"a.mp4", append(slices.Clone(x264), "-bf", "3"), 60, cfr},
		"fragmented":       {"a.mp4", append(slices.Clone(x264), "-bf", "0", "-movflags", "frag_keyframe+empty_moov"), 60, cfr},
		"29.97 a second":   {"a.mp4", append([]string{"-vf", "setpts=N*1001/30000/TB", "-r", "30000/1001"}, x264...), 60, func(n int) time.Duration { return time.Duration(n) * 1001 * time.Second / 30000 }},
		"dropped pictures": {"a.mp4", append([]string{"-vf", "select='not(eq(mod(n,3),1))'", "-fps_mode", "vfr"}, x264...), 40, func(n int) time.Duration { return cfr(n/2*3 + n%2*2) }},
		"late start":       {"a.mkv", append([]string{"-output_ts_offset", "2.5"}, x264...), 60, func(n int) time.Duration { return (2500*time.Millisecond + cfr(n)).Round(time.Millisecond) }},
	} {
		t.Run(name, func(t *testing.T) {
			path := ffmpeg(t, tt.file, append(slices.Clone(source), tt.args...)...)
			n := 0
			err := Tools{}.Pictures(t.Context(), path, PictureOptions{}, func(p Picture) error {
				if p.W != 320 || p.H != 180 || len(p.Pix) != 320*180 {
					t.Fatalf("%dx%d, %d bytes", p.W, p.H, len(p.Pix))
				}
				if d := (p.PTS - tt.at(n)).Abs(); d > 40*time.Microsecond && !(tt.file == "a.mkv" && d <= time.Millisecond) {
					t.Errorf("picture %d at %v, want %v", n, p.PTS, tt.at(n))
				}
				n++
				return nil
			})
			if err != nil || n != tt.n {
				t.Errorf("%d pictures, %v", n, err)
			}
		})
	}
}

func TestPicturePixels(t *testing.T) {
	// A white square on blue, at odd places.
	path := ffmpeg(t, "a.mp4", append([]string{"-f", "lavfi", "-i", "color=c=0x2040c0:s=320x180:r=30:d=0.2",
		"-vf", "drawbox=x=101:y=51:w=41:h=31:c=white:t=fill"}, append(slices.Clone(x264), "-crf", "4")...)...)
	first := func(opt PictureOptions) (got Picture) {
		t.Helper()
		err := Tools{}.Pictures(t.Context(), path, opt, func(p Picture) error {
			got = p
			got.Pix = slices.Clone(p.Pix)
			return ErrStop
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	crop := image.Rect(101, 51, 142, 82)
	p := first(PictureOptions{Crop: crop})
	if p.W != 41 || p.H != 31 {
		t.Fatalf("crop is %dx%d", p.W, p.H)
	}
	if low := slices.Min(p.Pix); low < 230 {
		t.Errorf("crop of the white square holds level %d", low)
	}
	p = first(PictureOptions{Crop: crop.Add(image.Pt(41, 0)), Scale: capture.Size{Width: 10}, Format: RGB})
	if p.W != 10 || p.H != 8 || len(p.Pix) != 240 {
		t.Fatalf("scaled to %dx%d, %d bytes", p.W, p.H, len(p.Pix))
	}
	for i, want := range []float64{0x20, 0x40, 0xc0} {
		near(t, "colour", float64(p.Pix[3*5+i]), want, 6)
	}
}

// A click at 1 s has to come out at 1 s: the encoder's priming is dropped as the
// edit list says, and stays, as it does for every player, where there is none.
func TestSoundTimes(t *testing.T) {
	pcm := make([]float32, 2*capture.SampleRate)
	for i := range 480 {
		pcm[capture.SampleRate+i] = float32(0.5 * math.Sin(float64(i)/4))
	}
	raw := pcmFile(t, pcm)
	for name, tt := range map[string]struct {
		args []string
		late int // samples
	}{
		"edit list":  {[]string{"-c:a", "aac", "-b:a", "128k"}, 0},
		"fragmented": {[]string{"-c:a", "aac", "-b:a", "128k", "-avoid_negative_ts", "disabled", "-movflags", "frag_keyframe+empty_moov"}, 1024},
		"opus":       {[]string{"-c:a", "libopus", "-b:a", "96k"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := ffmpeg(t, "a.mp4", append(slices.Clone(raw), tt.args...)...)
			peak, at, end := float32(0), time.Duration(0), time.Duration(0)
			n := 0
			err := Tools{}.Sound(t.Context(), path, 1, func(s Sound) error {
				if n > 0 && (s.PTS-end).Abs() > time.Millisecond {
					t.Errorf("a hole from %v to %v", end, s.PTS)
				}
				if n == 0 && s.PTS != 0 {
					t.Errorf("sound begins at %v", s.PTS)
				}
				end = s.PTS + s.Duration()
				n += s.Len()
				for i, v := range s.PCM {
					if v > 0.25 && peak == 0 {
						peak, at = v, s.PTS+samples(i)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			// The sine reaches a half of its height two to three samples in; codecs smear it a little.
			near(t, "click", at.Seconds()*capture.SampleRate, float64(capture.SampleRate+2+tt.late), 16)
			info, err := Tools{}.Probe(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Audio.PrimingUnmarked != (tt.late > 0) {
				t.Errorf("priming unmarked = %v", info.Audio.PrimingUnmarked)
			}
		})
	}
}

func TestSoundChannels(t *testing.T) {
	path := ffmpeg(t, "a.mkv", "-f", "lavfi", "-i", "aevalsrc='0.5*sin(2000*t)|0:s=44100:d=1'", "-c:a", "pcm_s16le")
	for _, channels := range []int{1, 2} {
		n, left, right := 0, float32(0), float32(0)
		err := Tools{}.Sound(t.Context(), path, channels, func(s Sound) error {
			n += s.Len()
			for i := 0; i < len(s.PCM); i += channels {
				left, right = max(left, s.PCM[i]), max(right, s.PCM[i+channels-1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "samples", float64(n), 48000, 60)
		if channels == 2 && (left < 0.45 || right > 0.01) || channels == 1 && (left < 0.2 || left > 0.4) {
			t.Errorf("%d channels: peaks %g, %g", channels, left, right)
		}
	}
}

func TestDecodeEndsEarly(t *testing.T) {
	// Far more pictures than are wanted.
	path := ffmpeg(t, "a.mp4", append([]string{"-f", "lavfi", "-i", "color=s=320x180:r=30:d=60"}, x264...)...)
	broken := errors.New("no more room")
	n := 0
	err := Tools{}.Pictures(t.Context(), path, PictureOptions{}, func(Picture) error {
		if n++; n == 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || n != 3 {
		t.Errorf("after %d pictures: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Tools{}.Pictures(ctx, path, PictureOptions{}, func(Picture) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if left := children(t); left != "" {
		t.Errorf("children left: %s", left)
	}
}

// children returns the processes whose parent this one is.
func children(t *testing.T) string {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no list of children: %v", err)
	}
	var all strings.Builder
	for _, f := range tasks {
		data, err := os.ReadFile(f)
		if err == nil {
			all.Write(data)
		}
	}
	return all.String()
}

func TestDecodeFaults(t *testing.T) {
	video := ffmpeg(t, "a.mp4", append([]string{"-f", "lavfi", "-i", "color=s=320x180:r=30:d=0.2"}, x264...)...)
	for name, tt := range map[string]struct {
		tools Tools
		path  string
		class capture.Class
	}{
		"no file":    {Tools{}, filepath.Join(t.TempDir(), "none.mp4"), capture.ClassUsage},
		"no media":   {Tools{}, "decode_test.go", capture.ClassUsage},
		"no program": {Tools{FFmpeg: "/nonexistent/ffmpeg", FFprobe: "/nonexistent/ffprobe"}, video, capture.ClassEnvironment},
		"not found":  {Tools{FFmpeg: "no-such-ffmpeg", FFprobe: "no-such-ffprobe"}, video, capture.ClassEnvironment},
	} {
		t.Run(name, func(t *testing.T) {
			_, probe := tt.tools.Probe(t.Context(), tt.path)
			_, quality := tt.tools.Quality(t.Context(), tt.path)
			for what, err := range map[string]error{
				"probe":    probe,
				"quality":  quality,
				"pictures": tt.tools.Pictures(t.Context(), tt.path, PictureOptions{}, func(Picture) error { return nil }),
				"sound":    tt.tools.Sound(t.Context(), tt.path, 1, func(Sound) error { return nil }),
			} {
				var fault *capture.Fault
				if !errors.As(err, &fault) || fault.Class != tt.class || fault.Hint == "" {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	err := Tools{}.Sound(t.Context(), video, 1, func(Sound) error { return nil })
	var fault *capture.Fault
	if !errors.As(err, &fault) {
		t.Errorf("sound of a file without: %v", err)
	}
}

func TestIndexRefuses(t *testing.T) {
	for _, line := range []string{
		"0, 0, 0, 1, 10, 0x0",                              // before the time base
		"#tb 0: 0/1",                                       // no time base
		"#tb 0: 1/1000\n0, 0, x, 1, 10, 0x0",               // no time
		"#tb 0: 1/1000\n0, 0, 0, 1, -10, 0x0",              // no size
		"#tb 0: 1/1000\n0, 0, 0, 1, 1e9, 0x0",              // likewise
		"#tb 0: 1/1000\n0, 0, 0",                           // too short
		"#dimensions 0: 0x0",                               // no picture
		"#tb 0: 9/1\n0, 0, 9223372036854775807, 1, 1, 0x0", // out of range
	} {
		d := decoded{}
		if err := d.read(newLines(line), strings.NewReader(""), func(index, packet, []byte) error { return nil }); !errors.Is(err, errBroken) {
			t.Errorf("%q: %v", line, err)
		}
	}
	for data, ok := range map[string]bool{"abcdefgh": true, "abcdefg": false, "abcdefghi": false} {
		d := decoded{}
		n := 0
		err := d.read(newLines("#tb 0: 1/1000\n0, 0, 5, 1, 3, 0x0\n0, 5, 10, 1, 5, 0x0\n"), strings.NewReader(data),
			func(_ index, p packet, _ []byte) error { n++; return nil })
		if (err == nil) != ok || ok && n != 2 {
			t.Errorf("%q: %d packets, %v", data, n, err)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add("#tb 0: 1/48000\n#dimensions 0: 320x36\n0, 0, -1024, 1024, 4, 0x1\n", []byte("abcd"))
	f.Add("\n\n#\n,,,,", []byte{})
	f.Fuzz(func(t *testing.T, lines string, data []byte) {
		d := decoded{}
		total := 0
		err := d.read(newLines(lines), io.MultiReader(strings.NewReader(string(data))), func(_ index, p packet, b []byte) error {
			if len(b) != p.size {
				t.Errorf("%d bytes of %d", len(b), p.size)
			}
			total += len(b)
			return nil
		})
		if total > len(data) || err == nil && total != len(data) {
			t.Errorf("%d of %d bytes, %v", total, len(data), err)
		}
	})
}
