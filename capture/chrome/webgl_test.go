//go:build e2e

package chrome

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"testing"

	"beam/capture"
)

// stripes is a page of two canvases side by side, of WebGL and of WebGL 2, on which
// stripes of three colours go from left to right.
const stripes = `<style>body { margin: 0; display: flex } canvas { width: 50vw; height: 100vh }</style><canvas id=a width=320 height=360></canvas><canvas id=b width=320 height=360></canvas><script>
const all = [a.getContext("webgl"), b.getContext("webgl2")], colours = [[0.75, 0, 0], [0, 0.75, 0], [0, 0, 0.75]];
let n = 0;
(function paint() {
	n += 4;
	for (const gl of all) {
		gl.enable(gl.SCISSOR_TEST);
		for (let x = -320; x < 320; x += 40) {
			gl.scissor(x + n % 320, 0, 40, 360);
			const [r, g, b] = colours[(x + 320) / 40 % 8 % 3];
			gl.clearColor(r, g, b, 1);
			gl.clear(gl.COLOR_BUFFER_BIT);
		}
	}
	requestAnimationFrame(paint);
})();
</script>`

// Pages that draw with WebGL are seen, on a machine without a graphics card too: both
// versions, in the pictures of both engines, moving.
func TestWebGL(t *testing.T) {
	s := serve(t, map[string]string{"/": stripes})
	screen := display(t, capture.Size{Width: hd.Width + 16, Height: hd.Height + 16})
	t.Run("headless", func(t *testing.T) {
		p := open(t, launch(t, nil), OpenOptions{URL: s.URL})
		frames := record(t, p, 20)
		checkStripes(t, frames[5].JPEG, frames[len(frames)-1].JPEG)
	})
	t.Run("window", func(t *testing.T) {
		open(t, launch(t, func(o *Options) { o.Display = screen }), OpenOptions{URL: s.URL})
		waitFor(t, "the first picture", func() bool { return striped(grab(t, screen, hd)) })
		first, moved := grab(t, screen, hd), []byte(nil)
		waitFor(t, "the next picture", func() bool {
			moved = grab(t, screen, hd)
			return !bytes.Equal(first, moved)
		})
		checkStripes(t, first, moved)
	})
}

// checkStripes checks two pictures of the stripes.
func checkStripes(t *testing.T, first, second []byte) {
	t.Helper()
	for i, raw := range [][]byte{first, second} {
		if !striped(raw) {
			t.Errorf("picture %d is not what was drawn", i)
		}
	}
	if bytes.Equal(first, second) {
		t.Error("nothing moves")
	}
}

// striped tells whether each half of a picture consists of the three colours.
func striped(raw []byte) bool {
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return false
	}
	for half := range 2 {
		seen := map[color.RGBA]int{}
		points := 0
		for x := half*hd.Width/2 + 4; x < (half+1)*hd.Width/2; x += 8 {
			for y := 4; y < hd.Height; y += 80 {
				points++
				r, g, b, _ := img.At(x, y).RGBA()
				for _, want := range []color.RGBA{{191, 0, 0, 255}, {0, 191, 0, 255}, {0, 0, 191, 255}} {
					if off(uint8(r>>8), want.R)+off(uint8(g>>8), want.G)+off(uint8(b>>8), want.B) < 60 {
						seen[want]++
					}
				}
			}
		}
		total := 0
		for _, n := range seen {
			total += n
		}
		// Where two stripes meet, JPEG mixes them.
		if len(seen) != 3 || total < points*3/4 {
			return false
		}
	}
	return true
}
