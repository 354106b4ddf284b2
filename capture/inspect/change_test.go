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

func fill(g *image.Gray, page func(x, y int) uint8) {
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			g.Pix[y*g.Stride+x] = page(x, y)
		}
	}
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

func pictureReport(t *testing.T, path string) PictureReport {
	t.Helper()
	r, err := Tools{}.Quality(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Sound != nil || r.Sync != nil || r.Picture == nil {
		t.Fatalf("report %+v", r)
	}
	return *r.Picture
}

// The threshold has to see a mouse pointer move and not to see coding noise, over
// keyframes too, at the qualities in use.
func TestQualityTellsMotionFromNoise(t *testing.T) {
	for name, page := range pages {
		plain := image.NewGray(image.Rect(0, 0, 1920, 1080))
		fill(plain, page)
		for _, crf := range []int{18, 30} {
			t.Run(fmt.Sprintf("%s at crf %d", name, crf), func(t *testing.T) {
				quality := append([]string{"-crf", fmt.Sprint(crf)}, x264...)
				// More keyframes than in a recording: more noise.
				quality = append(quality, "-g", "15")
				still := encode(t, 1920, 1080, 32, func(g *image.Gray, n int) {
					if n == 0 {
						copy(g.Pix, plain.Pix)
					}
				}, quality...)
				if r := pictureReport(t, still); r.Distinct != 1 || r.Pictures != 32 || r.Repeated != 31 {
					t.Errorf("still: %+v", r)
				} else {
					near(t, "freeze", r.LongestFreezeMs, 32*33.333, 1)
				}
				moving := encode(t, 1920, 1080, 32, func(g *image.Gray, n int) {
					copy(g.Pix, plain.Pix)
					pointer(g, 300+7*n, 200+4*n)
				}, quality...)
				if r := pictureReport(t, moving); r.Distinct < 30 {
					t.Errorf("moving: %+v", r)
				}
			})
		}
	}
}

func TestQualityFindsFreezes(t *testing.T) {
	// 6 s at 30 fps; each picture twice, and second 2 to 4 stands still.
	path := encode(t, 640, 360, 180, func(g *image.Gray, n int) {
		if n%2 != 0 || n > 60 && n < 120 {
			return
		}
		fill(g, func(x, y int) uint8 { return uint8(128 + 60*math.Sin(float64(x+3*n)/25)) })
	}, x264...)
	r := pictureReport(t, path)
	if r.Pictures != 180 || r.Distinct != 61 || r.Repeated != 119 {
		t.Errorf("%+v", r)
	}
	near(t, "freeze", r.LongestFreezeMs, 2000, 1)
	near(t, "freeze at", r.LongestFreezeAtSeconds, 2, 0.001)
	near(t, "distinct", r.DistinctPerSecond, 61.0/6, 0.01)
	near(t, "rate", r.PerSecond, 30, 0.01)
	near(t, "gap", r.UsualGapMs, 33.3, 0.1)
	near(t, "longest gap", r.LongestGapMs, 33.3, 0.1)
	near(t, "end", r.EndSeconds, 6, 0.001)
}

func TestQualityOfVaryingRate(t *testing.T) {
	// Pictures 30 to 59 are not in the file; all others move.
	args := append([]string{"-vf", "select='not(between(n,30,59))'", "-fps_mode", "vfr"}, x264...)
	path := encode(t, 640, 360, 120, func(g *image.Gray, n int) {
		fill(g, func(x, y int) uint8 { return uint8(128 + 60*math.Sin(float64(x+7*n)/25)) })
	}, args...)
	r := pictureReport(t, path)
	if r.Pictures != 90 || r.Distinct != 90 {
		t.Errorf("%+v", r)
	}
	near(t, "gap", r.LongestGapMs, 31*33.33, 1)
	near(t, "freeze", r.LongestFreezeMs, 31*33.33, 1)
	near(t, "rate", r.PerSecond, 90.0/4, 0.1)
}

func TestQualitySeesASlowFade(t *testing.T) {
	path := encode(t, 320, 180, 90, func(g *image.Gray, n int) {
		fill(g, func(_, _ int) uint8 { return uint8(40 + n) })
	}, x264...)
	// One level a picture can't be seen, 90 of them can: each 7th step.
	if r := pictureReport(t, path); r.Distinct < 9 || r.Distinct > 18 {
		t.Errorf("%+v", r)
	}
}
