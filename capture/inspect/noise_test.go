//go:build e2e

package inspect

import (
	"fmt"
	"image"
	"math"
	"testing"
)

// pages are what a recording may show: lines of text, and a photograph's
// gradients with fine grain.
var pages = map[string]func(x, y int) uint8{
	"text": func(x, y int) uint8 {
		if y/18%2 == 0 && hash(uint32(x/3), uint32(y/3))%3 == 0 {
			return 30
		}
		return 240
	},
	"photograph": func(x, y int) uint8 {
		v := 120 + 70*math.Sin(float64(x)/90)*math.Cos(float64(y)/70)
		return uint8(v + float64(hash(uint32(x), uint32(y))%24))
	},
}

func hash(x, y uint32) uint32 {
	v := x*0x9e3779b1 ^ y*0x85ebca77
	v ^= v >> 15
	v *= 0x2c1b3c6d
	return v ^ v>>13
}

// pointer paints a mouse pointer as browsers show it: 12 x 19 pixels, black with a
// white edge.
func pointer(g *image.Gray, x0, y0 int) {
	for y := range 19 {
		for x := range min(12, y*2/3+1) {
			if x0+x < g.Rect.Dx() && y0+y < g.Rect.Dy() {
				v := uint8(0)
				if x == 0 || x == min(12, y*2/3+1)-1 {
					v = 255
				}
				g.Pix[(y0+y)*g.Stride+x0+x] = v
			}
		}
	}
}

// The threshold has to see a mouse pointer move and not to see coding noise, over
// keyframes too, at the qualities in use.
func TestQualityTellsMotionFromNoise(t *testing.T) {
	const pictures = 32
	for name, page := range pages {
		plain := image.NewGray(image.Rect(0, 0, 1920, 1080))
		fill(plain, page)
		for _, crf := range []int{18, 30} {
			t.Run(fmt.Sprintf("%s at crf %d", name, crf), func(t *testing.T) {
				quality := append([]string{"-crf", fmt.Sprint(crf)}, x264...)
				// More keyframes than in a recording: more noise.
				quality = append(quality, "-g", "15")
				still := encode(t, 1920, 1080, pictures, func(g *image.Gray, n int) {
					if n == 0 {
						copy(g.Pix, plain.Pix)
					}
				}, quality...)
				if r := pictureReport(t, still); r.Distinct != 1 || r.Pictures != pictures || r.Repeated != pictures-1 {
					t.Errorf("still: %+v", r)
				} else {
					near(t, "freeze", r.LongestFreezeMs, pictures*33.333, 1)
				}
				moving := encode(t, 1920, 1080, pictures, func(g *image.Gray, n int) {
					copy(g.Pix, plain.Pix)
					pointer(g, 300+7*n, 200+4*n)
				}, quality...)
				if r := pictureReport(t, moving); r.Distinct < pictures-2 {
					t.Errorf("moving: %+v", r)
				}
			})
		}
	}
}
