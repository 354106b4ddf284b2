package stage_test

import (
	"image"
	"testing"
)

// difference is how far two pictures are apart, in levels of 0 to 255: on
// average, and on average in the worst block of 8 by 8 pixels.
type difference struct {
	mean, worst float64
	at          image.Point
}

// Fonts and the decoder differ a little between machines; a tile at another
// place, of another person or without its name does more.
func (d difference) same() bool { return d.mean < 2.5 && d.worst < 42 }

//go:norace
func differ(a, b *image.RGBA) difference {
	if a.Rect != b.Rect {
		return difference{mean: 255, worst: 255}
	}
	const block = 8
	var d difference
	var sum, n float64
	for y := 0; y+block <= a.Rect.Dy(); y += block {
		for x := 0; x+block <= a.Rect.Dx(); x += block {
			var here float64
			for dy := range block {
				at := a.PixOffset(x, y+dy)
				for i := range 4 * block {
					here += max(float64(a.Pix[at+i])-float64(b.Pix[at+i]), float64(b.Pix[at+i])-float64(a.Pix[at+i]))
				}
			}
			here /= block * block * 3
			sum, n = sum+here, n+1
			if here > d.worst {
				d.worst, d.at = here, image.Pt(x, y)
			}
		}
	}
	d.mean = sum / n
	return d
}

// The comparison sees what a person would.
func TestDiffer(t *testing.T) {
	plain := image.NewRGBA(image.Rect(0, 0, 320, 180))
	near, far := image.NewRGBA(plain.Rect), image.NewRGBA(plain.Rect)
	for i := range near.Pix {
		near.Pix[i] = 1
	}
	for y := range 20 {
		for x := range 40 {
			far.Pix[far.PixOffset(x+100, y+80)] = 200
		}
	}
	if d := differ(plain, near); !d.same() {
		t.Errorf("a shade apart: %+v", d)
	}
	if d := differ(plain, far); d.same() {
		t.Errorf("a patch of another colour: %+v", d)
	}
	if d := differ(plain, image.NewRGBA(image.Rect(0, 0, 180, 320))); d.same() {
		t.Errorf("another size: %+v", d)
	}
}
