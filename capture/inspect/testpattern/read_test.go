package testpattern

import (
	"errors"
	"image"
	"testing"
)

func painted(w, h int, value uint32) *image.Gray {
	g := image.NewGray(image.Rect(0, 0, w, h))
	for i := range g.Pix {
		g.Pix[i] = uint8(i * 7)
	}
	PaintStrip(g, ClockRect(g.Rect), Clock, value)
	return g
}

// blur averages each pixel with those up to n away in its line.
func blur(g *image.Gray, n int) *image.Gray {
	out := image.NewGray(g.Rect)
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			sum, count := 0, 0
			for d := -n; d <= n; d++ {
				if x+d >= 0 && x+d < g.Rect.Dx() {
					sum += int(g.Pix[y*g.Stride+x+d])
					count++
				}
			}
			out.Pix[y*out.Stride+x] = uint8(sum / count)
		}
	}
	return out
}

func level(g *image.Gray, f func(float64) float64) *image.Gray {
	out := image.NewGray(g.Rect)
	for i, v := range g.Pix {
		out.Pix[i] = uint8(max(0, min(255, f(float64(v)))))
	}
	return out
}

func TestReadClock(t *testing.T) {
	for name, tt := range map[string]struct {
		picture *image.Gray
		value   uint32
		ok      bool
	}{
		"720p":             {painted(1280, 720, 123456), 123456, true},
		"zero":             {painted(1280, 720, 0), 0, true},
		"all bits":         {painted(1920, 1080, 1<<32-1), 1<<32 - 1, true},
		"480p portrait":    {painted(480, 854, 98765), 98765, true},
		"odd width":        {painted(853, 480, 3600000), 3600000, true},
		"blurred":          {blur(painted(1280, 720, 777777), 8), 777777, true},
		"limited range":    {level(painted(1280, 720, 42), func(v float64) float64 { return 16 + v*219/255 }), 42, true},
		"dark":             {level(painted(1280, 720, 42), func(v float64) float64 { return 10 + v/4 }), 42, true},
		"nothing":          {image.NewGray(image.Rect(0, 0, 1280, 720)), 0, false},
		"faded away":       {level(painted(1280, 720, 42), func(v float64) float64 { return 100 + v/8 }), 0, false},
		"inverted":         {level(painted(1280, 720, 42), func(v float64) float64 { return 255 - v }), 0, false},
		"too small":        {painted(100, 60, 42), 0, false},
		"no picture":       {image.NewGray(image.Rectangle{}), 0, false},
		"blurred to grey":  {blur(painted(1280, 720, 0x55555555), 40), 0, false},
		"a shifted window": {painted(1280, 720, 9).SubImage(image.Rect(40, 0, 1280, 720)).(*image.Gray), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadClock(tt.picture)
			if tt.ok != (err == nil) || got != tt.value {
				t.Errorf("got %d, %v", got, err)
			}
			if err != nil && !errors.Is(err, ErrNoMark) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestReadClockBetweenTwoPictures(t *testing.T) {
	a, b := painted(1280, 720, 1000), painted(1280, 720, 1033)
	for share := range 11 {
		mixed := image.NewGray(a.Rect)
		for i := range mixed.Pix {
			mixed.Pix[i] = uint8((int(a.Pix[i])*(10-share) + int(b.Pix[i])*share) / 10)
		}
		got, err := ReadClock(mixed)
		switch {
		case share <= 3 && (err != nil || got != 1000), share >= 7 && (err != nil || got != 1033):
			t.Errorf("share %d: got %d, %v", share, got, err)
		case share > 3 && share < 7 && err == nil:
			t.Errorf("share %d: read %d from a mixture", share, got)
		}
	}
}

func TestReadStripInsideAPicture(t *testing.T) {
	g := image.NewGray(image.Rect(0, 0, 1280, 720))
	clip := Contain(image.Rect(640, 0, 1280, 720), 640, 360)
	if want := image.Rect(640, 180, 1280, 540); clip != want {
		t.Fatalf("clip at %v, want %v", clip, want)
	}
	PaintStrip(g, ClipRect(clip), Picture, 1234)
	if got, err := ReadStrip(g, ClipRect(clip), Picture); got != 1234 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
	sub := g.SubImage(clip).(*image.Gray)
	if got, err := ReadStrip(sub, ClipRect(sub.Rect), Picture); got != 1234 || err != nil {
		t.Errorf("sub-image: got %d, %v", got, err)
	}
	if _, err := ReadStrip(g, ClipRect(clip).Add(image.Pt(10, 0)), Picture); err == nil {
		t.Error("read outside of the picture")
	}
}

func TestEncodeDecode(t *testing.T) {
	for _, s := range []Strip{Clock, Picture} {
		for _, v := range []uint32{0, 1, 252, 253, 254, 4095} {
			cells := s.Encode(v)
			if got, err := s.Decode(cells); got != v || err != nil {
				t.Errorf("%d: got %d, %v", v, got, err)
			}
			for i := range cells {
				cells[i] = !cells[i]
				if got, err := s.Decode(cells); err == nil {
					t.Errorf("%d with cell %d turned: read %d", v, i, got)
				}
				cells[i] = !cells[i]
			}
		}
	}
}

func FuzzReadStrip(f *testing.F) {
	f.Add(painted(176, 20, 42).Pix, 176)
	f.Add([]byte{}, 0)
	f.Add(make([]byte, 1000), 100)
	f.Fuzz(func(t *testing.T, pix []byte, width int) {
		if width <= 0 || width > len(pix) {
			return
		}
		g := &image.Gray{Pix: pix, Stride: width, Rect: image.Rect(0, 0, width, len(pix)/width)}
		for _, s := range []Strip{Clock, Picture} {
			value, err := ReadStrip(g, g.Rect, s)
			if err != nil {
				continue
			}
			again := image.NewGray(g.Rect)
			PaintStrip(again, g.Rect, s, value)
			if got, err := ReadStrip(again, again.Rect, s); got != value || err != nil {
				t.Errorf("read %d, painted and read %d, %v", value, got, err)
			}
		}
	})
}
