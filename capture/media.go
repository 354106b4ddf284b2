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

// Frame is one picture of the page: a JPEG file or a raw picture, never both.
// Whoever gets a frame must not change its bytes, and calls Release when it is
// done with them.
type Frame struct {
	At   Time   // when the picture was swapped onto the (virtual) screen
	JPEG []byte // the whole JPEG file; nil for a raw picture
	Raw  *Raw   // the raw picture; nil for a JPEG
}

// Bytes returns the JPEG file, or the planes of the raw picture.
func (f Frame) Bytes() []byte {
	if f.Raw != nil {
		return f.Raw.Pix
	}
	return f.JPEG
}

// Retain takes one more reference to the frame's bytes and returns the frame.
func (f Frame) Retain() Frame {
	if f.Raw != nil {
		f.Raw.Retain()
	}
	return f
}

// Release gives up one reference to the frame's bytes.
func (f Frame) Release() {
	if f.Raw != nil {
		f.Raw.Release()
	}
}

// Samples is one run of sound without a gap in it.
type Samples struct {
	At  Time    // when the first sample reached the sink
	PCM []int16 // interleaved, Channels values for each sample
}

// Len returns the number of samples for each channel.
func (s Samples) Len() int { return len(s.PCM) / Channels }
