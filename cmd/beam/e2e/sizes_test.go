//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"beam/beam"
	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
)

// cornerColours are those of the corners page: top left, top right, bottom left,
// bottom right.
var cornerColours = [4]color.RGBA{{220, 30, 30, 255}, {30, 180, 30, 255}, {30, 60, 220, 255}, {230, 200, 30, 255}}

// sizeStrip holds a side of the viewport in pixels.
var sizeStrip = testpattern.Strip{Bits: 12, Checksum: 4, Modulus: 13}

// Where the corners page paints its strips, as shares of the viewport's height;
// they are as wide as the viewport.
const stripWidthTop, stripHeightTop, stripTall = 0.4, 0.6, 0.05

// cornersPage has a square of another colour in each corner, and two strips
// that hold innerWidth and innerHeight.
func cornersPage() string {
	var b strings.Builder
	b.WriteString(ground(color.RGBA{128, 128, 128, 255}) + tone(700))
	for i, place := range []string{"left:0;top:0", "right:0;top:0", "left:0;bottom:0", "right:0;bottom:0"} {
		c := cornerColours[i]
		fmt.Fprintf(&b, `<div style="position:fixed;width:64px;height:64px;%s;background:rgb(%d %d %d)"></div>`, place, c.R, c.G, c.B)
	}
	fmt.Fprintf(&b, `<canvas id=c style="position:fixed;left:0;top:0;z-index:-1"></canvas><script>
c.width = innerWidth;
c.height = innerHeight;
const paper = c.getContext('2d');
const bits = (v, n) => [...v.toString(2).padStart(n, '0')].map(Number);
const strip = (value, top) => {
	const cells = [1, 0, 1, 0, ...bits(value, %d), ...bits(value %% %d, %d)];
	cells.forEach((cell, i) => {
		const left = Math.round(i * innerWidth / cells.length);
		paper.fillStyle = cell ? '#fff' : '#000';
		paper.fillRect(left, top * innerHeight, Math.round((i + 1) * innerWidth / cells.length) - left, %g * innerHeight);
	});
};
strip(innerWidth, %g);
strip(innerHeight, %g);
</script>`, sizeStrip.Bits, sizeStrip.Modulus, sizeStrip.Checksum, stripTall, stripWidthTop, stripHeightTop)
	return b.String()
}

// TestRecordSizes records a page that tells its own size: picture and viewport
// are exactly as large as asked for, to the pixel in each corner.
func TestRecordSizes(t *testing.T) {
	t.Parallel()
	url := open(t, cornersPage()).URL
	for _, c := range []struct {
		engine string
		args   []string
		size   capture.Size
	}{
		{beam.EngineScreencast, []string{"--resolution", "480p"}, capture.Size{Width: 854, Height: 480}},
		{beam.EngineX11, []string{"--resolution", "480p"}, capture.Size{Width: 854, Height: 480}},
		{beam.EngineScreencast, []string{"--resolution", "1080p", "--orientation", "portrait"}, capture.Size{Width: 1080, Height: 1920}},
		{beam.EngineX11, []string{"--resolution", "720x1280"}, capture.Size{Width: 720, Height: 1280}},
	} {
		t.Run(c.engine+"/"+c.size.String(), func(t *testing.T) {
			t.Parallel()
			r := record(t, url, append(c.args, "--capture", c.engine, "--duration", "2s")...)
			r.begins()
			r.completes()
			q := r.sound(2 * time.Second)
			if v := q.File.Video; v.Width != c.size.Width || v.Height != c.size.Height {
				t.Errorf("picture %dx%d", v.Width, v.Height)
			}
			checkCorners(t, r.out, c.size)
		})
	}
}

// checkCorners checks a picture from the middle of a recording of the corners
// page.
func checkCorners(t *testing.T, path string, size capture.Size) {
	t.Helper()
	var pix []byte
	var got image.Rectangle
	err := inspect.Tools{}.Pictures(limited(t), path, inspect.PictureOptions{Format: inspect.RGB}, func(p inspect.Picture) error {
		pix, got = append(pix[:0], p.Pix...), image.Rect(0, 0, p.W, p.H)
		if p.PTS > time.Second {
			return inspect.ErrStop
		}
		return nil
	})
	if err != nil && !errors.Is(err, inspect.ErrStop) {
		t.Fatal(err)
	}
	w, h := size.Width, size.Height
	if got != image.Rect(0, 0, w, h) {
		t.Fatalf("decoded %v", got)
	}
	rgb := testpattern.NewRGB(pix, w, h)
	const side = 64
	for i, at := range []image.Point{{}, {w - side, 0}, {0, h - side}, {w - side, h - side}} {
		square := image.Rectangle{at, at.Add(image.Pt(side, side))}
		// All of the square, and its outermost pixel by itself.
		if share := testpattern.Share(rgb, square.Inset(2), cornerColours[i], 30); share < 0.99 {
			t.Errorf("corner %d: %.3f of it has its colour", i, share)
		}
		edge := image.Point{at.X + (side-1)*min(at.X, 1), at.Y + (side-1)*min(at.Y, 1)}
		if testpattern.Share(rgb, image.Rectangle{edge, edge.Add(image.Pt(1, 1))}, cornerColours[i], 45) != 1 {
			t.Errorf("pixel %v is %v, want %v", edge, pix[3*(edge.Y*w+edge.X):][:3], cornerColours[i])
		}
	}
	gray := image.NewGray(got)
	for i := range gray.Pix {
		gray.Pix[i] = uint8((int(pix[3*i]) + int(pix[3*i+1]) + int(pix[3*i+2])) / 3)
	}
	for _, side := range []struct {
		name string
		top  float64
		want int
	}{{"innerWidth", stripWidthTop, w}, {"innerHeight", stripHeightTop, h}} {
		top := int(side.top * float64(h))
		value, err := testpattern.ReadStrip(gray, image.Rect(0, top, w, top+int(stripTall*float64(h))), sizeStrip)
		if err != nil || int(value) != side.want {
			t.Errorf("%s is %d, want %d: %v", side.name, value, side.want, err)
		}
	}
}

// TestRecordRates records with other rates: the file has that rate, the pictures
// are in order, and each that was captured is there once.
func TestRecordRates(t *testing.T) {
	t.Parallel()
	const length = 4 * time.Second
	for _, c := range []struct {
		name string
		fps  float64 // of the file; 0 for whatever came
		args []string
	}{
		{"15", 15, []string{"--fps", "15"}},
		{"60", 60, []string{"--fps", "60", "--json"}},
		{"vfr", 0, []string{"--fps-mode", "vfr"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := record(t, demoPages(t).timing, append(c.args, "--resolution", "480p", "--capture", "screencast", "--duration", length.String())...)
			r.begins()
			r.completes()
			q := r.sound(length)
			if c.fps > 0 && math.Abs(float64(q.Picture.Pictures)-c.fps*length.Seconds()) > 3 {
				t.Errorf("%d pictures in %v at %g a second", q.Picture.Pictures, length, c.fps)
			}
			if c.name == "60" {
				checkEvents(t, r)
			}
			m := judged(t, r)
			p := r.report().Pictures
			if p == nil || c.fps > 0 && p.Encoded != q.Picture.Pictures || m.Distinct > p.Distinct || c.fps > 0 && p.Distinct+p.Repeated != p.Encoded {
				t.Errorf("%d distinct pictures of %d in the file; the report says %+v", m.Distinct, q.Picture.Pictures, p)
			}
		})
	}
}

// TestRecordAudioOnly records sound without a picture.
func TestRecordAudioOnly(t *testing.T) {
	t.Parallel()
	r := record(t, open(t, toned(color.RGBA{1, 2, 3, 255}, 700)).URL, "--audio-only", "--duration", "4s")
	r.begins()
	r.completes()
	q := quality(t, r.out)
	if q.File.VideoStreams != 0 || q.File.AudioStreams != 1 || q.File.Audio.Codec != "aac" || q.Sound.Gaps > 0 || q.Sound.DecodeErrors > 0 {
		t.Errorf("file: %+v, sound %+v", q.File, q.Sound)
	}
	r.lasts(q, 4*time.Second)
	steadyTone(t, r.out, 700, 1400)
	report := r.report()
	whole(t, report)
	if report.Pictures != nil || report.Width != 0 {
		t.Errorf("report: %+v", report)
	}
}

// TestRecordStatic records a page that never changes: that is not a fault, and
// the file is as long as it should be.
func TestRecordStatic(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{beam.FPSModeCFR, beam.FPSModeVFR} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			r := record(t, open(t, ground(color.RGBA{90, 120, 60, 255})).URL, "--duration", "3s", "--resolution", "480p", "--fps-mode", mode, "--capture", "screencast")
			r.begins()
			r.completes()
			q := quality(t, r.out)
			r.lasts(q, 3*time.Second)
			if q.Picture.Distinct > 3 || q.Picture.DecodeErrors > 0 || q.Sound.Gaps > 0 || q.Sync.SoundCoverage < 0.985 {
				t.Errorf("%+v, %+v, %+v", q.Picture, q.Sound, q.Sync)
			}
			if mode == beam.FPSModeCFR && (q.Picture.Pictures < 89 || q.Picture.Pictures > 92) {
				t.Errorf("%d pictures in 3 s", q.Picture.Pictures)
			}
			_, share := shares(t, r.out, color.RGBA{90, 120, 60, 255})
			for i, s := range share {
				if s[0] < 0.99 {
					t.Fatalf("picture %d: %.2f of it has the page's colour", i, s[0])
				}
			}
			if report := r.report(); slices.ContainsFunc(report.Notices, unexpected) || report.Pictures.Distinct > 3 {
				t.Errorf("report: %+v, pictures %+v", report, report.Pictures)
			}
		})
	}
}

// unexpected tells whether a notice is not the one of a Chrome without its sandbox,
// as root has it.
func unexpected(notice string) bool { return !strings.Contains(notice, "sandbox") }
