package ffmpeg

import (
	"fmt"
	"strconv"
	"time"

	"beam/capture"
)

// Spec says what to encode and how. The zero Size means sound only.
type Spec struct {
	Size  capture.Size // of the picture, in pixels; both even
	Codec Codec        // of the pictures in the stream
	FPS   int          // pictures a second of the output's grid
	VFR   bool         // keep the pictures' own times instead of the grid

	Preset  string // of libx264: ultrafast to veryslow
	CRF     int    // constant quality of libx264, 0 (best) to 51
	MaxRate int    // cap of the picture's bit rate, bits a second
	Threads int    // the cores that this process may use; 0 lets ffmpeg choose, by those of the machine
}

// Codec says what the pictures in the stream are.
type Codec string

// The codecs of pictures.
const (
	JPEG Codec = "jpeg" // JPEG files as Chrome writes them: full range BT.601 (JFIF 1.02)
	I420 Codec = "i420" // raw, in limited range BT.709: what is encoded, so that nothing has to be converted
)

// Origin is the presentation time, in the fragments, of the recording's zero.
// AAC begins with 1024 samples of priming before the sound (21 ms): with the
// zero at zero their time would be negative, and ffmpeg would move the sound,
// or both, depending on which packet comes first.
const Origin = time.Second

// The shape of the output, the same for every recording.
const (
	audioBitRate     = "128k"
	keyframeInterval = 2 * time.Second
	// A fragment is cut at every keyframe, and within that after this time, so
	// that a killed recording loses no more than this and what is inside the
	// encoder.
	fragmentTime = 500 * time.Millisecond
	// Ticks a second of the times in the MP4 of pictures that keep their own.
	freeTimescale = 90000
	// More threads than this, for decoding, scaling and encoding each, gain
	// nothing, and each one of the encoder keeps another picture: 113 MB with 2
	// at 1080p and ultrafast, 140 with 4, 194 with 8.
	mostThreads = 3
)

// threads returns how many threads ffmpeg is to take for each step.
func (s Spec) threads() string { return strconv.Itoa(min(s.Threads, mostThreads)) }

// timescale returns the ticks a second of the pictures' times in the MP4.
// Every whole rate is exact in its own thousandfold; 90000 is no multiple of 7,
// 11 or 29.
func (s Spec) timescale() int {
	if s.VFR {
		return freeTimescale
	}
	return s.FPS * 1000
}

// pictures tells whether the recording has a picture.
func (s Spec) pictures() bool { return s.Size != (capture.Size{}) }

func (s Spec) check() error {
	switch {
	case s.Threads < 0:
		return fmt.Errorf("%d threads", s.Threads)
	case !s.pictures():
		return nil
	case s.Size.Width <= 0 || s.Size.Height <= 0 || s.Size.Width%2 != 0 || s.Size.Height%2 != 0:
		return fmt.Errorf("picture size %v is not even", s.Size)
	case s.Codec != JPEG && s.Codec != I420:
		return fmt.Errorf("pictures of codec %q", s.Codec)
	case s.FPS <= 0:
		return fmt.Errorf("%d pictures a second", s.FPS)
	}
	return nil
}
