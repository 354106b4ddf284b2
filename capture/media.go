package capture

import "fmt"

// Sound is captured, repaired and encoded in this one shape.
const (
	SampleRate = 48000 // samples a second, for each channel
	Channels   = 2     // interleaved: left, right
)

// Size is the size of a picture in pixels.
type Size struct {
	Width, Height int
}

// String returns the size as WIDTHxHEIGHT.
func (s Size) String() string { return fmt.Sprintf("%dx%d", s.Width, s.Height) }

// Pixels returns the number of pixels in one picture.
func (s Size) Pixels() int { return s.Width * s.Height }

// Frame is one picture of the page.
type Frame struct {
	At   Time   // when the picture was swapped onto the (virtual) screen
	JPEG []byte // the whole JPEG file; not to be changed by whoever gets it
}

// Samples is one run of sound without a gap in it.
type Samples struct {
	At  Time    // when the first sample reached the sink
	PCM []int16 // interleaved, Channels values for each sample
}

// Len returns the number of samples for each channel.
func (s Samples) Len() int { return len(s.PCM) / Channels }
