package contactsheet

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"time"
)

// The sheet's colours.
var (
	paper  = color.RGBA{0x16, 0x18, 0x1d, 0xff}
	panel  = color.RGBA{0x20, 0x23, 0x2a, 0xff}
	ink    = color.RGBA{0xf2, 0xf4, 0xf7, 0xff}
	faded  = color.RGBA{0x9a, 0xa3, 0xb0, 0xff}
	line   = color.RGBA{0x3a, 0x40, 0x4b, 0xff}
	louder = color.RGBA{0x2f, 0x7d, 0x8c, 0xff} // peaks
	loud   = color.RGBA{0x6f, 0xd3, 0xdf, 0xff} // root mean square
	shade  = color.NRGBA{0, 0, 0, 0xb0}
)

// canvas is a sheet in the making.
type canvas struct {
	*image.RGBA
	faces faces
	plan  plan
}

func newCanvas(p plan, f faces) *canvas {
	c := &canvas{RGBA: image.NewRGBA(image.Rectangle{Max: p.size}), faces: f, plan: p}
	c.fill(c.Rect, paper)
	return c
}

func (c *canvas) fill(r image.Rectangle, with color.Color) {
	draw.Draw(c, r, image.NewUniform(with), image.Point{}, draw.Over)
}

func (c *canvas) head(f Facts) {
	write(c, c.faces.title, ink, margin, 42, fit(c.faces.title, f.Name, c.Rect.Dx()-2*margin))
	write(c, c.faces.text, faded, margin, 72, fit(c.faces.text, facts(f), c.Rect.Dx()-2*margin))
}

// cell draws a picture with its time; img is nil where there is none.
func (c *canvas) cell(i int, img image.Image, at time.Duration, tenths bool) {
	r := c.plan.cells[i]
	c.fill(r, panel)
	if img == nil {
		text := "no picture"
		write(c, c.faces.small, faded, r.Min.X+(r.Dx()-width(c.faces.small, text))/2, r.Min.Y+r.Dy()/2+5, text)
	} else {
		b := img.Bounds()
		at := r.Min.Add(image.Pt((r.Dx()-b.Dx())/2, (r.Dy()-b.Dy())/2))
		draw.Draw(c, image.Rectangle{Min: at, Max: at.Add(b.Size())}.Intersect(r), img, b.Min, draw.Over)
	}
	text := clock(at, tenths)
	w := width(c.faces.small, text)
	label := image.Rect(r.Min.X, r.Max.Y-24, r.Min.X+w+16, r.Max.Y)
	c.fill(label.Intersect(r), shade)
	write(c, c.faces.small, ink, label.Min.X+8, label.Max.Y-7, text)
}

// wave draws the waveform, with a mark at each picture's time.
func (c *canvas) wave(columns []column, peak float64, hasSound bool, length time.Duration) {
	r := c.plan.wave
	c.fill(r, panel)
	middle := r.Min.Y + r.Dy()/2
	c.fill(image.Rect(r.Min.X, middle, r.Max.X, middle+1), line)
	half := float64(r.Dy()/2 - 4)
	pixel := func(v float64) int { return middle - int(max(-1, min(1, v))*half) }
	for i, col := range columns {
		if col.empty {
			continue
		}
		x := r.Min.X + i
		c.fill(image.Rect(x, pixel(col.high), x+1, pixel(col.low)+1), louder)
		if col.rms*half >= 1 {
			c.fill(image.Rect(x, pixel(min(col.rms, col.high)), x+1, pixel(max(-col.rms, col.low))+1), loud)
		}
	}
	text := "no sound in this file"
	switch {
	case hasSound && peak < 0.001: // -60 dBFS
		text = "silent"
	case hasSound:
		text = fmt.Sprintf("peak %.0f dBFS", decibels(peak))
	}
	w := width(c.faces.small, text)
	at := image.Pt(r.Max.X-w-12, r.Min.Y+20)
	if !hasSound || peak < 0.001 {
		at = image.Pt(r.Min.X+(r.Dx()-w)/2, middle-10)
	} else {
		c.fill(image.Rect(at.X-8, r.Min.Y, r.Max.X, r.Min.Y+26), shade)
	}
	write(c, c.faces.small, ink, at.X, at.Y, text)
	c.axis(length)
}

// axis draws the time axis below the waveform.
func (c *canvas) axis(length time.Duration) {
	r := c.plan.wave
	if length <= 0 {
		return
	}
	x := func(at time.Duration) int {
		return r.Min.X + int(float64(r.Dx()-1)*float64(at)/float64(length))
	}
	for _, at := range c.plan.times { // where the pictures are from
		for i := range 6 {
			c.fill(image.Rect(x(at)-5+i, r.Max.Y-i-1, x(at)+6-i, r.Max.Y-i), ink)
		}
	}
	step := ticks(length, r.Dx())
	for at := time.Duration(0); at <= length; at += step {
		c.fill(image.Rect(x(at), r.Max.Y, x(at)+1, r.Max.Y+6), faded)
		text := clock(at, step < time.Second)
		w := width(c.faces.small, text)
		left := min(max(x(at)-w/2, r.Min.X), r.Max.X-w)
		write(c, c.faces.small, faded, left, r.Max.Y+22, text)
	}
}
