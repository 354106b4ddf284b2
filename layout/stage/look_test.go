//go:build e2e

package stage_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beam/capture"
	"beam/layout"
	"beam/layout/stage"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// look is one picture of the stage.
type look struct {
	layout string
	people int
	share  bool
}

func (l look) String() string {
	name := fmt.Sprintf("%s-%d", l.layout, l.people)
	if l.share {
		name += "-share"
	}
	return name
}

// looks lists what is compared: at the large sizes less, because those take long
// and differ in scale only.
func looks(size capture.Size) []look {
	if max(size.Width, size.Height) > 1280 {
		return []look{{stage.Grid, 1, false}, {stage.Grid, 4, false}, {stage.Grid, 16, false}, {stage.Speaker, 9, false}, {stage.Grid, 4, true}}
	}
	var all []look
	for _, n := range []int{0, 1, 2, 3, 4, 7, 9, 16} {
		all = append(all, look{stage.Grid, n, false})
	}
	for _, n := range []int{2, 4, 9, 16} {
		all = append(all, look{stage.Speaker, n, false})
	}
	for _, n := range []int{1, 4, 16} {
		all = append(all, look{stage.Grid, n, true})
	}
	return append(all, look{stage.Spotlight, 4, false}, look{stage.Spotlight, 4, true})
}

// The stage looks as it did when somebody last looked at it. Run with -update
// after a change, and look at the pictures in testdata, or, larger, in the
// folder that STAGE_SHOTS names.
func TestLook(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.String(), func(t *testing.T) {
			t.Parallel()
			v := open(t, size, serve(t, stage.PreviewPage())+"/?people=0", stage.Facts{}, stage.PreviewPlatform())
			v.eventually("preview", func() bool { return eval[bool](v, "Boolean(window.preview)") })
			for _, l := range looks(size) {
				v.run(fmt.Sprintf("preview.show(%d, %v)", l.people, l.share))
				v.do(l.layout)
				v.compare(l)
			}
		})
	}
}

// do switches the layout.
func (v *view) do(name string) {
	v.t.Helper()
	if got := eval[string](v, layout.Command(name)); got != "ok" {
		v.t.Errorf("layout %s: %s", name, got)
	}
}

// compare waits until the page looks like the golden picture, or with -update
// makes it that.
func (v *view) compare(l look) {
	v.t.Helper()
	path := filepath.Join("testdata", "look", v.size.String(), l.String()+".png")
	if *update {
		time.Sleep(2 * time.Second) // for pictures and transitions
		if err := writeGolden(path, small(v.shot(l.String()))); err != nil {
			v.t.Fatal(err)
		}
		return
	}
	want, err := readGolden(path)
	if err != nil {
		v.t.Fatal(err)
	}
	var d difference
	deadline := time.Now().Add(time.Minute)
	for {
		if d = differ(small(v.shot(l.String())), want); d.same() {
			return
		}
		if time.Now().After(deadline) {
			v.t.Errorf("%s at %s differs: by %.1f on average, by %.1f around %v", l, v.size, d.mean, d.worst, d.at)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// small scales a picture down by a whole number, to 320 pixels at most.
//
//go:norace
func small(img *image.RGBA) *image.RGBA {
	by := (max(img.Rect.Dx(), img.Rect.Dy()) + 319) / 320
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()/by, img.Rect.Dy()/by))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			var sum [3]int
			for dy := range by {
				at := img.PixOffset(x*by, y*by+dy)
				for dx := range by {
					for c := range sum {
						sum[c] += int(img.Pix[at+4*dx+c])
					}
				}
			}
			at := out.PixOffset(x, y)
			for c := range sum {
				out.Pix[at+c] = uint8(sum[c] / (by * by))
			}
			out.Pix[at+3] = 255
		}
	}
	return out
}

func writeGolden(path string, img *image.RGBA) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, img); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func readGolden(path string) (*image.RGBA, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w (run with -update)", err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Rect, img, flat.Rect.Min, draw.Src)
	return flat, nil
}
