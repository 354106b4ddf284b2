package testpattern

import (
	"image"
	"image/color"
	"slices"
	"testing"
	"time"
)

func TestTones(t *testing.T) {
	const rate = 48000
	pcm := make([]float32, 5*rate)
	noise(pcm, 0.001)
	tone(pcm, rate, time.Second, 2*time.Second, 440, 0.1)           // -20 dBFS in seconds 1 and 2
	tone(pcm, rate, 2*time.Second, 2*time.Second, 660, 0.5)         // -6 dBFS in seconds 2 and 3
	tone(pcm, rate, 4*time.Second, 200*time.Millisecond, 440, 0.25) // too little of second 4
	w := Tones(pcm, rate, []float64{440, 660, 880}, 100*time.Millisecond)
	if len(w) != 50 {
		t.Fatalf("%d windows", len(w))
	}
	near(t, "440 Hz", w[15].LevelsDBFS[0], -20, 0.2)
	near(t, "660 Hz", w[25].LevelsDBFS[1], -6.02, 0.2)
	if l := w[25].LevelsDBFS[2]; l > -55 {
		t.Errorf("880 Hz at %.1f dBFS", l)
	}
	for i, want := range [][]int{{1, 2}, {2, 3}, nil} {
		if got := Present(w, i, -40); !slices.Equal(got, want) {
			t.Errorf("tone %d in %v, want %v", i, got, want)
		}
	}
	if got := Tones(make([]float32, rate), rate, []float64{440}, time.Second); got[0].LevelsDBFS[0] != floorDB {
		t.Errorf("silence at %v", got)
	}
}

func TestToneMeterAfterAHole(t *testing.T) {
	const rate = 48000
	pcm := make([]float32, rate)
	tone(pcm, rate, 0, time.Second, 440, 0.1)
	m := NewToneMeter(rate, []float64{440}, 100*time.Millisecond)
	m.Push(0, pcm[:rate/2+100])
	m.Push(7*time.Second, pcm[rate/2:])
	w := m.Windows()
	if len(w) != 10 || w[4].At != 400*time.Millisecond || w[5].At != 7*time.Second {
		t.Errorf("windows %v", w)
	}
	if got := Present(w, 0, -25); !slices.Equal(got, []int{0, 7}) {
		t.Errorf("present in %v", got)
	}
}

func TestColours(t *testing.T) {
	const w, h = 200, 100
	red := color.RGBA{R: 200, G: 30, B: 30, A: 255}
	p := NewRGB(make([]byte, 3*w*h), w, h)
	fill := func(r image.Rectangle, c color.RGBA) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				copy(p.Pix[y*p.Stride+3*x:], []byte{c.R, c.G, c.B})
			}
		}
	}
	tile := image.Rect(20, 30, 80, 70)
	fill(tile, red)
	fill(image.Rect(150, 10, 160, 20), color.RGBA{R: 205, G: 25, B: 33, A: 255}) // coded a little otherwise
	fill(image.Rect(199, 99, 200, 100), red)                                     // one stray pixel
	fill(image.Rect(100, 0, 140, 100), color.RGBA{R: 30, G: 200, B: 30, A: 255})

	if got := FindColour(p, red, 12); got != tile {
		t.Errorf("found at %v, want %v", got, tile)
	}
	if got := FindColour(p, color.RGBA{B: 255, A: 255}, 12); !got.Empty() {
		t.Errorf("blue found at %v", got)
	}
	all := Regions(p, red, 12, 2)
	if len(all) != 2 || all[0].Pixels != 60*40 || all[1].Bounds != image.Rect(150, 10, 160, 20) {
		t.Errorf("regions %+v", all)
	}
	near(t, "share of the tile", Share(p, tile, red, 12), 1, 0)
	near(t, "share of the left half", Share(p, image.Rect(0, 0, 100, 100), red, 12), 0.24, 0)
	near(t, "share, strictly", Share(p, image.Rect(150, 10, 160, 20), red, 2), 0, 0)
	near(t, "share outside", Share(p, image.Rect(300, 0, 400, 10), red, 2), 0, 0)
}
