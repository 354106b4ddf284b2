package testpattern

import (
	"fmt"
	"image"
	"math"
)

const (
	// lowestContrast is the least difference between white and black cells,
	// of 255, in a strip. Coding keeps nearly all of it; a picture that fades
	// in or out has less and is not a mark.
	lowestContrast = 40
	// unsure is how near to the middle between black and white a cell may
	// not be, as a share of the contrast: such a cell is a mixture of two
	// pictures.
	unsure = 0.15
)

// ClockRect returns where the timing page paints the Clock strip in a picture
// of the whole viewport: the full width of the top edge, a twentieth of the
// height tall.
func ClockRect(picture image.Rectangle) image.Rectangle {
	r := picture
	r.Max.Y = r.Min.Y + int(math.Round(float64(picture.Dy())/20))
	return r
}

// ClipRect returns where a clip of the lip-sync page paints its Picture strip:
// the full width of its bottom edge, 24 of 360 lines tall.
func ClipRect(clip image.Rectangle) image.Rectangle {
	r := clip
	r.Min.Y = r.Max.Y - int(math.Round(float64(clip.Dy())*24/360))
	return r
}

// Contain returns where a picture of width x height comes to lie in outer when
// it is shown as CSS's object-fit: contain does, centred and as large as it
// fits.
func Contain(outer image.Rectangle, width, height int) image.Rectangle {
	if width <= 0 || height <= 0 {
		return image.Rectangle{}
	}
	scale := min(float64(outer.Dx())/float64(width), float64(outer.Dy())/float64(height))
	w, h := float64(width)*scale, float64(height)*scale
	x := float64(outer.Min.X) + (float64(outer.Dx())-w)/2
	y := float64(outer.Min.Y) + (float64(outer.Dy())-h)/2
	return image.Rect(round(x), round(y), round(x+w), round(y+h))
}

// ReadClock returns the page's clock, in milliseconds, from the gray picture of
// a whole viewport, or ErrNoMark.
func ReadClock(g *image.Gray) (uint32, error) {
	return ReadStrip(g, ClockRect(g.Rect), Clock)
}

// ReadStrip returns the number in the strip that fills r, or ErrNoMark. Cell i
// reaches from round(i*W/cells) to round((i+1)*W/cells). Only the middle of each
// cell is looked at, and the threshold comes from the sync cells, so blur,
// scaling and a changed range of levels don't matter.
func ReadStrip(g *image.Gray, r image.Rectangle, s Strip) (uint32, error) {
	n := s.Cells()
	if !r.In(g.Rect) || r.Dx() < 3*n || r.Dy() < 1 {
		return 0, fmt.Errorf("%w: no room for %d cells in %v", ErrNoMark, n, r)
	}
	levels := make([]float64, n)
	for i := range levels {
		x0 := r.Min.X + round(float64(i*r.Dx())/float64(n))
		x1 := r.Min.X + round(float64((i+1)*r.Dx())/float64(n))
		levels[i] = mean(g, middle(image.Rect(x0, r.Min.Y, x1, r.Max.Y)))
	}
	white, black := (levels[0]+levels[2])/2, (levels[1]+levels[3])/2
	contrast := white - black
	if contrast < lowestContrast {
		return 0, fmt.Errorf("%w: no contrast", ErrNoMark)
	}
	cells := make([]bool, n)
	for i, l := range levels {
		above := (l-black)/contrast - 0.5
		if math.Abs(above) < unsure {
			return 0, fmt.Errorf("%w: cell %d is between black and white", ErrNoMark, i)
		}
		cells[i] = above > 0
	}
	return s.Decode(cells)
}

// Brightness returns the mean of the gray levels in r, 0 to 255; 0 when r lies
// outside of the picture.
func Brightness(g *image.Gray, r image.Rectangle) float64 { return mean(g, r.Intersect(g.Rect)) }

// middle returns the middle half of r in each direction, at least one pixel.
func middle(r image.Rectangle) image.Rectangle {
	dx, dy := (r.Dx()-1)/4, (r.Dy()-1)/4
	return image.Rect(r.Min.X+dx, r.Min.Y+dy, r.Max.X-dx, r.Max.Y-dy)
}

func mean(g *image.Gray, r image.Rectangle) float64 {
	if r.Empty() {
		return 0
	}
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		at := g.PixOffset(r.Min.X, y)
		for _, v := range g.Pix[at : at+r.Dx()] {
			sum += int(v)
		}
	}
	return float64(sum) / float64(r.Dx()*r.Dy())
}

func round(x float64) int { return int(math.Round(x)) }
