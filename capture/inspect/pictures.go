package inspect

import (
	"context"
	"fmt"
	"image"
	"strings"
	"time"

	"beam/capture"
)

// PixelFormat is how decoded pictures are laid out.
type PixelFormat int

// The formats, both without padding between lines.
const (
	Gray PixelFormat = iota // one byte a pixel: luma, 0 to 255 whatever the file's range
	RGB                     // three bytes a pixel: red, green, blue
)

// PictureOptions choose what is decoded. ffmpeg crops and scales, so that only
// what is asked for is copied to this process.
type PictureOptions struct {
	Crop   image.Rectangle // of the decoded picture, in its pixels; the whole picture when empty
	Scale  capture.Size    // of the cropped picture, by area; as it is when zero, keeping the aspect ratio when one side is
	Format PixelFormat
}

// A Picture is one decoded picture. Pix is used again for the next one: whoever
// keeps a picture copies it.
type Picture struct {
	// PTS is the presentation time in the file, to the microsecond, as a
	// player has it: edit lists are applied. It may be negative.
	PTS    time.Duration
	W, H   int // pixels
	Pix    []byte
	Format PixelFormat
}

// Gray returns a Gray picture as an image, which shares its pixels.
func (p Picture) Gray() *image.Gray {
	return &image.Gray{Pix: p.Pix, Stride: p.W, Rect: image.Rect(0, 0, p.W, p.H)}
}

// Pictures decodes the first video stream of the file and calls each with every
// picture that it holds, in the order of presentation, none dropped and none
// repeated. When each returns an error the decoding ends with it, or with nil
// when it was ErrStop.
func (t Tools) Pictures(ctx context.Context, path string, opt PictureOptions, each func(Picture) error) error {
	_, err := t.pictures(ctx, path, opt, each)
	return err
}

func (t Tools) pictures(ctx context.Context, path string, opt PictureOptions, each func(Picture) error) (decoded, error) {
	args := append(input(path), "-map", "0:V:0", "-an", "-sn", "-dn",
		"-vf", filters(opt), "-fps_mode", "passthrough",
		// Without a time base ffmpeg takes the guessed frame rate's, and rounds to it.
		"-enc_time_base", "1:1000000", "-c:v", "rawvideo")
	op := "decode pictures"
	p := Picture{Format: opt.Format}
	bytes := 1
	if opt.Format == RGB {
		bytes = 3
	}
	return t.decode(ctx, op, path, args, "rawvideo", func(x index, k packet, data []byte) error {
		p.PTS, p.W, p.H, p.Pix = k.pts, x.width, x.height, data
		if len(data) != p.W*p.H*bytes {
			return fmt.Errorf("%s: the size of the pictures changes at %v", op, k.pts)
		}
		return each(p)
	})
}

func filters(opt PictureOptions) string {
	var f []string
	if c := opt.Crop; !c.Empty() {
		f = append(f, fmt.Sprintf("crop=%d:%d:%d:%d:exact=1", c.Dx(), c.Dy(), c.Min.X, c.Min.Y))
	}
	if s := opt.Scale; s.Width > 0 || s.Height > 0 {
		side := func(n int) int {
			if n <= 0 {
				return -1
			}
			return n
		}
		f = append(f, fmt.Sprintf("scale=%d:%d:flags=area", side(s.Width), side(s.Height)))
	}
	if opt.Format == RGB {
		f = append(f, "format=rgb24")
	} else {
		f = append(f, "format=gray")
	}
	return strings.Join(f, ",")
}
