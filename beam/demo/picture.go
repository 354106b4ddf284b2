package demo

import (
	"image"
	"image/color"
	"math"
	"time"
)

// The size and rate of the participants' pictures, and of the shared screen's.
const (
	clipWidth, clipHeight, clipFPS       = 640, 360, 30
	screenWidth, screenHeight, screenFPS = 1280, 720, 10

	flashPictures = 3 // of the lip-sync clip, each second: 100 ms
)

// painter paints picture n of a clip over all of img.
type painter func(img *image.RGBA, n int)

// The busy pattern's place. Ground is left all round it, so the ground's bounds
// are the tile's, whatever moves in it.
var busyArea = image.Rect(352, 64, 616, 264)

// portrait paints a participant: a face and an initial on the flat ground. The
// mouth moves while the participant, the i-th to speak, speaks. A busy picture
// has a pattern in it that moves all the time, which is work for whoever
// decodes, composes and encodes it, as camera pictures are.
func portrait(p Participant, i int, busy bool) (painter, error) {
	letter, err := newTypeface(64)
	if err != nil {
		return nil, err
	}
	skin, dark, lips := color.RGBA{242, 206, 176, 255}, color.RGBA{40, 32, 36, 255}, color.RGBA{120, 30, 40, 255}
	return func(img *image.RGBA, n int) {
		fill(img, img.Rect, p.Color)
		at := time.Duration(n) * time.Second / clipFPS
		speaking := speaks(i, at)
		x, y := 320.0, 160.0
		if busy {
			x = 170
		}
		// Whole sways in a clip, so that the loop has no jump.
		y += 5 * math.Sin(2*math.Pi*3*at.Seconds()/SpeakingCycle.Seconds())
		x += 10 * math.Sin(2*math.Pi*2*at.Seconds()/SpeakingCycle.Seconds())
		ellipse(img, x, y-12, 62, 66, dark)
		ellipse(img, x, y, 54, 62, skin)
		ellipse(img, x-20, y-12, 6, 7, dark)
		ellipse(img, x+20, y-12, 6, 7, dark)
		mouth := 3.0
		if speaking {
			mouth = 4 + 9*math.Abs(math.Sin(2*math.Pi*2*at.Seconds()))
		}
		ellipse(img, x, y+28, 18, mouth, lips)
		initial := p.Name[:1]
		letter.write(img, initial, int(x)-letter.width(initial)/2, 300, color.White)
		if busy {
			texture(img, busyArea, n)
		}
		paintStrip(img, n)
	}, nil
}

// texture fills r with drifting waves and grain that is another in each
// picture.
func texture(img *image.RGBA, r image.Rectangle, n int) {
	t := 2 * math.Pi * float64(n) / (clipFPS * SpeakingCycle.Seconds())
	across, down := make([]float64, r.Dx()), make([]float64, r.Dy())
	for x := range across {
		across[x] = math.Sin(float64(x)/17 + 11*t)
	}
	for y := range down {
		down[y] = math.Sin(float64(y)/13 - 7*t)
	}
	grain := uint32(n)*2654435761 | 1
	for y := range down {
		row := img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):]
		for x := range across {
			if x&1 == 0 {
				grain ^= grain << 13
				grain ^= grain >> 17
				grain ^= grain << 5
			}
			v := 128 + 50*(across[x]+down[y]) + float64(grain>>27)
			p := row[4*x : 4*x+3]
			p[0], p[1], p[2] = uint8(v*0.9), uint8(v*0.8), uint8(210-v*0.6)
		}
	}
}

// screen paints what Ben shares: a slide with a bar that moves.
func screen(pictures int) (painter, error) {
	title, err := newTypeface(72)
	if err != nil {
		return nil, err
	}
	body, err := newTypeface(44)
	if err != nil {
		return nil, err
	}
	light, bar := color.RGBA{250, 238, 255, 255}, color.RGBA{255, 206, 84, 255}
	return func(img *image.RGBA, n int) {
		fill(img, img.Rect, ScreenColor())
		title.write(img, "Weekly review", 96, 150, color.White)
		for i, line := range []string{"Recordings kept: 412 of 412", "Sound and picture: in sync", "Next week: the archive"} {
			y := 270 + 90*i
			ellipse(img, 110, float64(y-15), 10, 10, bar)
			body.write(img, line, 144, y, light)
		}
		track := image.Rect(96, 590, 1184, 630)
		fill(img, track, color.RGBA{66, 40, 112, 255})
		track.Max.X = track.Min.X + track.Dx()*(n+1)/pictures
		fill(img, track, bar)
	}, nil
}

// flash paints the lip-sync clip: white for the first pictures of each second,
// else black.
func flash(img *image.RGBA, n int) {
	ground := color.Black
	if n%clipFPS < flashPictures {
		ground = color.White
	}
	fill(img, img.Rect, ground)
	paintStrip(img, n)
}
