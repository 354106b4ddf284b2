package ffmpeg

import (
	"fmt"
	"time"

	"beam/capture"
)

// Spec says what to encode and how. The zero Size means sound only.
type Spec struct {
	Size capture.Size // of the picture, in pixels; both even
	FPS  int          // pictures a second of the output's grid
	VFR  bool         // keep the pictures' own times instead of the grid
	Grab *Grab        // grab the pictures from an X display; nil: they come in the stream

	Preset  string // of libx264: ultrafast to veryslow
	CRF     int    // constant quality of libx264, 0 (best) to 51
	MaxRate int    // cap of the picture's bit rate, bits a second
}

// Grab tells ffmpeg which pixels of which X display to grab.
type Grab struct {
	Display string // ":7"
	// Start is the instant that the recording's time counts from, on the wall
	// clock: ffmpeg 5.1 stamps grabbed pictures with that one (measured; its
	// sources call av_gettime).
	Start time.Time
	Rate  int // pictures a second to grab; at least the output's FPS
}

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
	// Ticks a second of the picture's times in the MP4; 30, 60 and 24 fps are
	// exact in it.
	videoTimescale = 90000
)

// pictures tells whether the recording has a picture.
func (s Spec) pictures() bool { return s.Size != (capture.Size{}) }

func (s Spec) check() error {
	switch {
	case !s.pictures():
		return nil
	case s.Size.Width <= 0 || s.Size.Height <= 0 || s.Size.Width%2 != 0 || s.Size.Height%2 != 0:
		return fmt.Errorf("picture size %v is not even", s.Size)
	case s.FPS <= 0:
		return fmt.Errorf("%d pictures a second", s.FPS)
	case s.Grab != nil && s.Grab.Rate < s.FPS:
		return fmt.Errorf("grab rate %d is below the output's %d", s.Grab.Rate, s.FPS)
	}
	return nil
}
