package inspect

import (
	"context"
	"encoding/binary"
	"math"
	"strconv"
	"time"

	"beam/capture"
)

// Sound is one run of decoded samples. PCM is used again for the next one.
type Sound struct {
	// PTS is the presentation time of the first sample in the file, as ffmpeg
	// has it: an edit list's priming samples are dropped, and in a file
	// without an edit list (a fragmented one) they are there, as sound, and
	// all that follows is late by them; see AudioStream.PrimingUnmarked.
	PTS      time.Duration
	Channels int
	PCM      []float32 // interleaved, full scale is 1; capture.SampleRate a second
}

// Len returns the number of samples for each channel.
func (s Sound) Len() int { return len(s.PCM) / s.Channels }

// Duration returns how long the samples last.
func (s Sound) Duration() time.Duration { return samples(s.Len()) }

func samples(n int) time.Duration {
	return time.Duration(int64(n) * int64(time.Second) / capture.SampleRate)
}

// Sound decodes the first audio stream of the file, at 48 kHz and mixed to 1 or
// 2 channels, and calls each with its samples in order. Holes in the stream are
// not filled: they show as a PTS later than the end of the samples before. When
// each returns an error the decoding ends with it, or with nil when it was
// ErrStop.
func (t Tools) Sound(ctx context.Context, path string, channels int, each func(Sound) error) error {
	_, err := t.sound(ctx, path, channels, each)
	return err
}

func (t Tools) sound(ctx context.Context, path string, channels int, each func(Sound) error) (decoded, error) {
	args := append(input(path), "-map", "0:a:0", "-vn", "-sn", "-dn",
		"-ar", strconv.Itoa(capture.SampleRate), "-ac", strconv.Itoa(channels), "-c:a", "pcm_f32le")
	s := Sound{Channels: channels}
	return t.decode(ctx, "decode sound", path, args, "f32le", func(_ index, k packet, data []byte) error {
		s.PTS, s.PCM = k.pts, s.PCM[:0]
		for ; len(data) >= 4; data = data[4:] {
			s.PCM = append(s.PCM, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		return each(s)
	})
}
