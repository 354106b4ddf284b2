package testpattern

import (
	"image"
	"image/color"
	"slices"
)

// RGB is a picture of three bytes a pixel: red, green, blue.
type RGB struct {
	Pix    []byte
	Stride int // bytes from one line to the next
	Rect   image.Rectangle
}

// NewRGB returns the picture that pix holds line by line, without padding.
func NewRGB(pix []byte, width, height int) *RGB {
	return &RGB{Pix: pix, Stride: 3 * width, Rect: image.Rect(0, 0, width, height)}
}

// A Region is a connected area of one colour.
type Region struct {
	Bounds image.Rectangle
	Pixels int // how many there are; fewer than the bounds hold where it is not a rectangle
}

// Share returns the share of the pixels of r, 0 to 1, whose red, green and blue
// each differ by at most tolerance from those of c.
func Share(p *RGB, r image.Rectangle, c color.RGBA, tolerance uint8) float64 {
	r = r.Intersect(p.Rect)
	if r.Empty() {
		return 0
	}
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if p.near(x, y, c, tolerance) {
				n++
			}
		}
	}
	return float64(n) / float64(r.Dx()*r.Dy())
}

// FindColour returns the bounds of the largest connected area of the colour, or
// an empty rectangle. Single pixels of it elsewhere don't matter.
func FindColour(p *RGB, c color.RGBA, tolerance uint8) image.Rectangle {
	if all := Regions(p, c, tolerance, 2); len(all) > 0 {
		return all[0].Bounds
	}
	return image.Rectangle{}
}

// Regions returns the connected areas of the colour that have at least smallest
// pixels, the largest first.
func Regions(p *RGB, c color.RGBA, tolerance uint8, smallest int) []Region {
	w, h := p.Rect.Dx(), p.Rect.Dy()
	open := make([]bool, w*h) // of the colour, and not yet in a region
	for y := range h {
		for x := range w {
			open[y*w+x] = p.near(p.Rect.Min.X+x, p.Rect.Min.Y+y, c, tolerance)
		}
	}
	var all []Region
	var stack []int
	for start := range open {
		if !open[start] {
			continue
		}
		var region Region
		open[start] = false
		for stack = append(stack, start); len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := at%w, at/w
			region.Pixels++
			region.Bounds = region.Bounds.Union(image.Rect(x, y, x+1, y+1))
			visit := func(inside bool, next int) {
				if inside && open[next] {
					open[next] = false
					stack = append(stack, next)
				}
			}
			visit(x > 0, at-1)
			visit(x < w-1, at+1)
			visit(y > 0, at-w)
			visit(y < h-1, at+w)
		}
		if region.Pixels >= smallest {
			region.Bounds = region.Bounds.Add(p.Rect.Min)
			all = append(all, region)
		}
	}
	slices.SortStableFunc(all, func(a, b Region) int { return b.Pixels - a.Pixels })
	return all
}

func (p *RGB) near(x, y int, c color.RGBA, tolerance uint8) bool {
	at := (y-p.Rect.Min.Y)*p.Stride + 3*(x-p.Rect.Min.X)
	px := p.Pix[at : at+3 : at+3]
	return apart(px[0], c.R) <= tolerance && apart(px[1], c.G) <= tolerance && apart(px[2], c.B) <= tolerance
}

func apart(a, b uint8) uint8 {
	if a > b {
		return a - b
	}
	return b - a
}
