package demo

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"beam/capture/marks"
)

// The shape of a participant's picture.
const (
	clipWidth  = 640
	clipHeight = 360
	clipFPS    = 30
	// stripHeight is how tall the row of timing marks along the bottom is.
	stripHeight = 24
)

// paintStrip paints the number of the picture along the bottom edge.
func paintStrip(img *image.RGBA, number int) {
	cells := marks.Picture.Encode(uint32(number))
	b := img.Bounds()
	for i, white := range cells {
		c := color.Black
		if white {
			c = color.White
		}
		cell := image.Rect(i*b.Dx()/len(cells), b.Max.Y-stripHeight, (i+1)*b.Dx()/len(cells), b.Max.Y)
		draw.Draw(img, cell, image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// portrait paints picture n of a participant: a face on a ground of its colour,
// with a mouth that moves while the participant speaks. A busy picture has a
// moving pattern beside the face, which is work for encoders and screens.
func (a *artist) portrait(img *image.RGBA, p Participant, n int, speaking, busy bool) {
	draw.Draw(img, img.Bounds(), image.NewUniform(p.Color), image.Point{}, draw.Src)
	t := float64(n) / clipFPS
	// One sway in the length of a clip, so that the loop has no jump.
	sway := 8 * math.Sin(2*math.Pi*t/cycle.Seconds())
	x, y := clipWidth/2+sway, 165.0
	skin, dark := color.RGBA{242, 206, 176, 255}, color.RGBA{40, 32, 36, 255}
	disc(img, x, y-22, 74, 74, dark)
	disc(img, x, y, 66, 74, skin)
	disc(img, x-24, y-14, 7, 8, dark)
	disc(img, x+24, y-14, 7, 8, dark)
	mouth := 4.0
	if speaking {
		mouth = 5 + 9*math.Abs(math.Sin(2*math.Pi*3*t))
	}
	disc(img, x, y+34, 20, mouth, color.RGBA{120, 30, 40, 255})
	if busy {
		a.pattern(img, image.Rect(0, 40, 150, clipHeight-stripHeight), n)
		a.pattern(img, image.Rect(clipWidth-150, 40, clipWidth, clipHeight-stripHeight), n+37)
	}
	a.text(img, p.Name[:1], 300, 310, color.White)
	paintStrip(img, n)
}

// screen paints picture n of a shared screen.
func (a *artist) screen(img *image.RGBA, n, of int) {
	b := img.Bounds()
	draw.Draw(img, b, image.NewUniform(color.RGBA{248, 248, 250, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, b.Dx(), 96), image.NewUniform(color.RGBA{70, 40, 120, 255}), image.Point{}, draw.Src)
	a.text(img, "Quarterly results", 48, 66, color.White)
	ink := color.RGBA{40, 40, 60, 255}
	for i, line := range []string{"Recordings kept: all of them", "Sync: measured, not guessed", "Cores: two are enough"} {
		a.text(img, line, 96, 220+i*110, ink)
		disc(img, 64, float64(208+i*110), 10, 10, color.RGBA{110, 60, 190, 255})
	}
	bar := image.Rect(96, b.Dy()-120, b.Dx()-96, b.Dy()-90)
	draw.Draw(img, bar, image.NewUniform(color.RGBA{220, 220, 230, 255}), image.Point{}, draw.Src)
	bar.Max.X = bar.Min.X + bar.Dx()*(n+1)/of
	draw.Draw(img, bar, image.NewUniform(color.RGBA{110, 60, 190, 255}), image.Point{}, draw.Src)
}

// flash paints picture n of the lip-sync clip: white for the first three
// pictures of each second, else black.
func flash(_ *artist, img *image.RGBA, n int) {
	ground := color.Black
	if n%clipFPS < flashPictures {
		ground = color.White
	}
	draw.Draw(img, img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	paintStrip(img, n)
}

// disc fills an ellipse with the half axes rx and ry.
func disc(img *image.RGBA, cx, cy, rx, ry float64, c color.RGBA) {
	for y := int(cy - ry); y <= int(cy+ry); y++ {
		half := rx * math.Sqrt(max(0, 1-(float64(y)-cy)*(float64(y)-cy)/(ry*ry)))
		row := image.Rect(int(cx-half), y, int(cx+half)+1, y+1)
		draw.Draw(img, row, image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// artist holds what drawing needs: a font, and noise for busy pictures. It is
// not safe for concurrent use.
type artist struct {
	face  font.Face
	noise [256]uint8
}

func newArtist() (*artist, error) {
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(bold, &opentype.FaceOptions{Size: 48, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	a := &artist{face: face}
	rng := rand.New(rand.NewPCG(1, 1)) // the same clips everywhere
	for i := range a.noise {
		a.noise[i] = uint8(rng.UintN(256))
	}
	return a, nil
}

// pattern fills r with a coarse pattern that is another in each picture.
func (a *artist) pattern(img *image.RGBA, r image.Rectangle, n int) {
	const grain = 6
	for y := r.Min.Y; y < r.Max.Y; y += grain {
		for x := r.Min.X; x < r.Max.X; x += grain {
			i := uint8(x/grain*7 + y/grain*13 + n*3)
			c := color.RGBA{a.noise[i], a.noise[i+85], a.noise[i+170], 255}
			draw.Draw(img, image.Rect(x, y, x+grain, y+grain).Intersect(r), image.NewUniform(c), image.Point{}, draw.Src)
		}
	}
}

// text writes s with its base line at y.
func (a *artist) text(img *image.RGBA, s string, x, y int, c color.Color) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c), Face: a.face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}
