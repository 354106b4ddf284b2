package h264_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"beam/capture/h264"
)

// Pictures of libx264 with repeats put between them are decoded, by a decoder that
// knows nothing of it, to those pictures, each as often as it is there: in all
// entropy codings and numbers of weights that libx264 writes, at sizes that are no
// multiple of a macroblock, over key frames and over many turns of the frame
// number.
func TestRepeats(t *testing.T) {
	for _, c := range []struct{ size, x264 string }{
		{"64x64", "cabac=1"}, {"64x64", "cabac=0"}, {"16x16", "cabac=1:weightp=0"}, {"1280x720", "cabac=1:8x8dct=1"},
		{"1920x1080", "cabac=1:8x8dct=1"}, {"1080x1920", "cabac=0:weightp=2"}, {"202x98", "cabac=1:weightp=2"}, {"320x240", "cabac=1:weightp=1:keyint=7"},
	} {
		t.Run(c.size+" "+c.x264, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 1))
			stream := encode(t, c.size, c.x264)
			units := split(stream)
			want := sums(t, stream)
			r, err := h264.NewRepeater(config(t, units))
			if err != nil {
				t.Fatal(err)
			}
			var out []byte
			var expected []string
			picture := 0
			for _, sample := range samples(units) {
				same := bytes.Clone(sample)
				got, err := r.Picture(sample)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(sample, same) {
					t.Fatal("the encoder's bytes were changed")
				}
				out = append(out, got...)
				expected = append(expected, want[picture])
				most := 6
				if large(c.size) { // decoding them is what takes long
					most = 3
				}
				for range random.IntN(most) * random.IntN(most) {
					again, err := r.Repeat()
					if err != nil {
						t.Fatal(err)
					}
					if len(again) > 80 {
						t.Errorf("a repeat of %d bytes", len(again))
					}
					out = append(out, again...)
					expected = append(expected, want[picture])
				}
				picture++
			}
			if picture != len(want) {
				t.Fatalf("%d pictures found, %d decoded", picture, len(want))
			}
			if got := sums(t, annexB(t, units, out)); !slices.Equal(got, expected) {
				t.Errorf("seed %d: %d pictures, %d expected, first difference at %d", seed, len(got), len(expected), differ(got, expected))
			}
		})
	}
}

// large tells of a size, such as 1920x1080, whether its width has four digits.
func large(size string) bool { return strings.Index(size, "x") > 3 }

func differ(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// What the repeats would break is refused: pictures that are shown in another
// order, more reference frames than one.
func TestUnsupported(t *testing.T) {
	for _, x264 := range []string{"bframes=2:b-adapt=0", "ref=3"} {
		units := split(encode(t, "64x64", x264))
		if _, err := h264.NewRepeater(config(t, units)); !errors.Is(err, h264.ErrUnsupported) {
			t.Errorf("%s: %v", x264, err)
		}
	}
	r, err := h264.NewRepeater(config(t, split(encode(t, "64x64", "cabac=1"))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Repeat(); !errors.Is(err, h264.ErrUnsupported) {
		t.Errorf("a repeat of nothing: %v", err)
	}
}

// No bytes make it panic, and pictures come out whole.
func FuzzRepeater(f *testing.F) {
	record := []byte{1, 100, 0, 31, 0xff, 0xe1, 0, 8, 0x67, 0x64, 0, 0x1f, 0xac, 0xd9, 0x40, 0x50, 1, 0, 4, 0x68, 0xeb, 0xe3, 0xcb}
	f.Add(record, []byte{0, 0, 0, 2, 0x65, 0x88}, []byte{0, 0, 0, 4, 0x41, 0x9a, 0x21, 0x6c})
	f.Fuzz(func(t *testing.T, record, key, next []byte) {
		r, err := h264.NewRepeater(record)
		if err != nil {
			return
		}
		for _, sample := range [][]byte{key, next, next} {
			if _, err := r.Picture(sample); err != nil {
				return
			}
			if again, err := r.Repeat(); err != nil || len(again) == 0 {
				t.Fatalf("repeat: %d bytes, %v", len(again), err)
			}
		}
	})
}

// encode returns 40 moving pictures as a byte stream (Annex B).
func encode(t *testing.T, size, x264 string) []byte {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size="+size+":rate=30,fade=in:0:20", "-frames:v", "40",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-threads", "1",
		"-x264-params", "ref=1:bframes=0:"+x264, "-f", "h264", "pipe:1")
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("encode: %v: %s", err, log.String())
	}
	return out
}

// sums decodes a byte stream and returns a checksum of each picture. The decoder
// has to find nothing wrong.
func sums(t *testing.T, stream []byte) (sums []string) {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "warning", "-err_detect", "explode", "-f", "h264", "-i", "pipe:0", "-fps_mode", "passthrough", "-f", "framemd5", "pipe:1")
	cmd.Stdin = bytes.NewReader(stream)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil || strings.Contains(log.String(), "error") {
		t.Fatalf("decode: %v: %s", err, log.String())
	}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "#") {
			fields := strings.Split(strings.TrimSpace(line), ",")
			sums = append(sums, fields[len(fields)-1])
		}
	}
	return sums
}

// split returns the NAL units of a byte stream.
func split(stream []byte) (units [][]byte) {
	for part := range bytes.SplitSeq(stream, []byte{0, 0, 1}) {
		if part = bytes.TrimRight(part, "\x00"); len(part) > 0 {
			units = append(units, part)
		}
	}
	return units
}

const (
	nalPicture = 1
	nalIDR     = 5
	nalSPS     = 7
	nalPPS     = 8
)

func kind(unit []byte) byte { return unit[0] & 31 }

func find(t *testing.T, units [][]byte, k byte) []byte {
	t.Helper()
	i := slices.IndexFunc(units, func(u []byte) bool { return kind(u) == k })
	if i < 0 {
		t.Fatalf("no NAL unit of type %d", k)
	}
	return units[i]
}

// config returns the AVCDecoderConfigurationRecord of a stream.
func config(t *testing.T, units [][]byte) []byte {
	t.Helper()
	sps, pps := find(t, units, nalSPS), find(t, units, nalPPS)
	b := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe1}
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(sps))), sps...)
	return append(binary.BigEndian.AppendUint16(append(b, 1), uint16(len(pps))), pps...)
}

// samples returns the pictures as they are in an MP4, with what precedes them.
func samples(units [][]byte) (out [][]byte) {
	var sample []byte
	for _, u := range units {
		if k := kind(u); k == nalSPS || k == nalPPS {
			continue
		}
		sample = append(binary.BigEndian.AppendUint32(sample, uint32(len(u))), u...)
		if k := kind(u); k == nalPicture || k == nalIDR {
			out, sample = append(out, sample), nil
		}
	}
	return out
}

// annexB returns samples as a byte stream with the parameter sets of units.
func annexB(t *testing.T, units [][]byte, samples []byte) (stream []byte) {
	t.Helper()
	for _, u := range [][]byte{find(t, units, nalSPS), find(t, units, nalPPS)} {
		stream = append(append(stream, 0, 0, 0, 1), u...)
	}
	for len(samples) > 4 {
		n := binary.BigEndian.Uint32(samples)
		stream = append(append(stream, 0, 0, 0, 1), samples[4:4+n]...)
		samples = samples[4+n:]
	}
	if len(samples) != 0 {
		t.Fatal(fmt.Sprint(len(samples), " bytes left over"))
	}
	return stream
}
