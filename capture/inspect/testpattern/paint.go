package testpattern

import "image"

// PaintStrip paints the strip of value over r, as the pages do: white is 255,
// black is 0.
func PaintStrip(g *image.Gray, r image.Rectangle, s Strip, value uint32) {
	for i, white := range s.Encode(value) {
		x0 := r.Min.X + round(float64(i*r.Dx())/float64(s.Cells()))
		x1 := r.Min.X + round(float64((i+1)*r.Dx())/float64(s.Cells()))
		Fill(g, image.Rect(x0, r.Min.Y, x1, r.Max.Y), white)
	}
}

// Fill paints the part of r that lies in the picture white or black.
func Fill(g *image.Gray, r image.Rectangle, white bool) {
	var level uint8
	if white {
		level = 255
	}
	r = r.Intersect(g.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := g.PixOffset(r.Min.X, y)
		row := g.Pix[at : at+r.Dx()]
		for x := range row {
			row[x] = level
		}
	}
}
