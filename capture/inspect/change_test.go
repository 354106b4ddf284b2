package inspect

import (
	"image"
	"math"
	"testing"
)

func fill(g *image.Gray, page func(x, y int) uint8) {
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			g.Pix[y*g.Stride+x] = page(x, y)
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
	near(t, "slowest", float64(r.Slowest), 0, 0)
	near(t, "slowest at", r.SlowestAtSeconds, 3, 0.001)
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
