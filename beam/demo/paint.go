package demo

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beam/capture/inspect/testpattern"
)

func fill(img *image.RGBA, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// ellipse fills an ellipse with the half axes rx and ry, with soft edges left
// and right.
func ellipse(img *image.RGBA, cx, cy, rx, ry float64, c color.RGBA) {
	for y := int(math.Floor(cy - ry)); y <= int(cy+ry); y++ {
		dy := (float64(y) + 0.5 - cy) / ry
		if dy*dy >= 1 {
			continue
		}
		half := rx * math.Sqrt(1-dy*dy)
		left, right := cx-half, cx+half
		fill(img, image.Rect(int(math.Ceil(left)), y, int(math.Floor(right)), y+1), c)
		blend(img, int(math.Ceil(left))-1, y, c, math.Ceil(left)-left)
		blend(img, int(math.Floor(right)), y, c, right-math.Floor(right))
	}
}

// blend mixes share (0 to 1) of c into a pixel.
func blend(img *image.RGBA, x, y int, c color.RGBA, share float64) {
	if !image.Pt(x, y).In(img.Rect) {
		return
	}
	p := img.Pix[img.PixOffset(x, y):][:3]
	for i, v := range [3]uint8{c.R, c.G, c.B} {
		p[i] = uint8(math.Round(float64(p[i])*(1-share) + float64(v)*share))
	}
}

// paintStrip paints the number of the picture along the bottom edge: 20 cells
// of 32 x 24 pixels in a picture of 640 x 360.
func paintStrip(img *image.RGBA, number int) {
	r := testpattern.ClipRect(img.Rect)
	cells := testpattern.Picture.Encode(uint32(number))
	for i, white := range cells {
		c := color.Black
		if white {
			c = color.White
		}
		fill(img, image.Rect(i*r.Dx()/len(cells), r.Min.Y, (i+1)*r.Dx()/len(cells), r.Max.Y), c)
	}
}

// typeface writes text in one size. It is not safe for concurrent use.
type typeface struct{ face font.Face }

func newTypeface(pixels float64) (*typeface, error) {
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(bold, &opentype.FaceOptions{Size: pixels, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	return &typeface{face}, nil
}

// write writes s with its left end at x and its base line at y.
func (t *typeface) write(img *image.RGBA, s string, x, y int, c color.Color) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: t.face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}

// width returns how wide s is, in pixels.
func (t *typeface) width(s string) int { return font.MeasureString(t.face, s).Round() }
