package contactsheet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"time"

	"beam/capture"
	"beam/capture/inspect"
)

const (
	thumbnailWidth   = 640 // pixels
	thumbnailQuality = 85
	candidates       = 12
	candidateSize    = 160 // pixels, the longer side
)

// Thumbnail writes a JPEG of one picture of the recording at path, 640 pixels
// wide: of twelve that are spread over it, neither its first nor its last, the
// one with the most contrast. So it is blank only where the recording is.
//
// A recording without a picture is a *capture.Fault of capture.ClassUsage.
func Thumbnail(ctx context.Context, tools inspect.Tools, path string, w io.Writer) error {
	const op = "make a thumbnail"
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return err
	}
	if info.Video == nil {
		return &capture.Fault{Class: capture.ClassUsage, Op: op, Err: errors.New("the recording has no picture")}
	}
	total, err := length(ctx, tools, path, info)
	if err != nil {
		return err
	}
	var best time.Duration
	contrast := -1.0
	n := min(candidates, count(info, total))
	for i := range n {
		at := (total * time.Duration(2*i+1) / time.Duration(2*n)).Truncate(time.Millisecond)
		img, at, err := nearFrame(ctx, tools, path, at, candidateSize, candidateSize)
		if errors.Is(err, errNoPicture) {
			continue
		}
		if err != nil {
			return err
		}
		if v := variance(img); v > contrast {
			best, contrast = at, v
		}
	}
	// Any height will do: a page is not that long.
	img, err := frame(ctx, tools, path, best, thumbnailWidth, 4*thumbnailWidth)
	if errors.Is(err, errNoPicture) {
		err = &capture.Fault{Class: capture.ClassUsage, Op: op, Err: errors.New("no picture of the recording can be decoded")}
	}
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return fmt.Errorf("write thumbnail: %w", err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write thumbnail: %w", err)
	}
	return nil
}

// variance returns that of the luma of a picture, in levels squared.
func variance(img image.Image) float64 {
	b := img.Bounds()
	var sum, squares float64
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			v := float64(color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			sum += v
			squares += v * v
		}
	}
	n := float64(b.Dx() * b.Dy())
	if n == 0 {
		return 0
	}
	return squares/n - (sum/n)*(sum/n)
}
