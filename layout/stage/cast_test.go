//go:build e2e

package stage_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"sync"
	"testing"

	"beam/capture"
	"beam/capture/chrome"
)

// cast collects the pictures of a page, as a recording would.
type cast struct {
	t      *testing.T
	stop   func()
	mu     sync.Mutex
	frames []capture.Frame
}

// record begins to collect, up to fps pictures a second; 0 means all.
func (v *view) record(fps float64) *cast {
	v.t.Helper()
	c := &cast{t: v.t}
	ctx, cancel := context.WithCancel(v.t.Context())
	var wg sync.WaitGroup
	c.stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	wg.Go(func() {
		err := v.page.Screencast(ctx, chrome.ScreencastOptions{Quality: 90, FPS: fps}, func(f capture.Frame) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.frames = append(c.frames, f)
		})
		if err != nil {
			v.t.Errorf("screencast: %v", err)
		}
	})
	v.t.Cleanup(c.stop)
	return c
}

// count returns how many pictures there are.
func (c *cast) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.frames)
}

// latest returns the newest picture, or nil when there is none of a number from
// after on.
func (c *cast) latest(after int) *image.RGBA {
	c.t.Helper()
	c.mu.Lock()
	frames := c.frames
	c.mu.Unlock()
	if len(frames) <= after {
		return nil
	}
	return c.decode(frames[len(frames)-1])
}

func (c *cast) decode(f capture.Frame) *image.RGBA {
	c.t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(f.JPEG))
	if err != nil {
		c.t.Fatal(err)
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Rect, img, flat.Rect.Min, draw.Src)
	return flat
}

// each ends the collection and gives out its pictures, at most limit of them,
// evenly chosen.
func (c *cast) each(limit int, f func(i int, img *image.RGBA)) int {
	c.t.Helper()
	c.stop()
	step := max(1, (len(c.frames)+limit-1)/limit)
	n := 0
	for i := 0; i < len(c.frames); i += step {
		f(i, c.decode(c.frames[i]))
		n++
	}
	return n
}

// share returns which part of a picture, or of r in it, has a colour, by looking
// at each fourth pixel both ways.
//
//go:norace
func share(img *image.RGBA, r image.Rectangle, c color.RGBA) float64 {
	found, n := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += 4 {
		for x := r.Min.X; x < r.Max.X; x += 4 {
			at := img.PixOffset(x, y)
			if near(img.Pix[at], c.R) && near(img.Pix[at+1], c.G) && near(img.Pix[at+2], c.B) {
				found++
			}
			n++
		}
	}
	return float64(found) / float64(max(n, 1))
}
