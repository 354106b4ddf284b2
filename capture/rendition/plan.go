package rendition

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"beam/capture"
	"beam/capture/ffmpeg"
)

// Sides are short sides of pictures, in pixels: 720 is what people call 720p, of a
// landscape recording its height, of a portrait one its width.
type Sides []int

// The smallest and the largest side that makes sense.
const (
	leastSide = 120
	mostSide  = 4320
)

// ParseSides reads sizes such as 720p, and returns each once, the largest first.
func ParseSides(names []string) (sides Sides, err error) {
	for _, name := range names {
		name = strings.TrimSpace(name)
		n, err := strconv.Atoi(strings.TrimSuffix(name, "p"))
		if err != nil || !strings.HasSuffix(name, "p") || n < leastSide || n > mostSide {
			return nil, fmt.Errorf("%q is no size of a rendition; sizes are like 1080p, 720p, 480p, 360p or 240p", name)
		}
		if n%2 != 0 {
			return nil, fmt.Errorf("%q is no size of a rendition; it has to be even", name)
		}
		if !slices.Contains(sides, n) {
			sides = append(sides, n)
		}
	}
	slices.SortFunc(sides, func(a, b int) int { return cmp.Compare(b, a) })
	return sides, nil
}

// Layer is one rendition.
type Layer struct {
	Name string // "720p"
	Size capture.Size
}

// Suffix is what the name of its file has after that of the recording: "-720p".
func (l Layer) Suffix() string { return "-" + l.Name }

// Path returns the path of its file, beside the recording at path.
func (l Layer) Path(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + l.Suffix() + ".mp4"
}

// Plan returns the renditions of a recording of the given size, the highest first,
// and the sides that are left out because they are larger than the recording:
// nothing is gained by pixels that were never there.
func Plan(source capture.Size, sides Sides) (layers []Layer, left Sides) {
	short := min(source.Width, source.Height)
	for _, side := range sides {
		if side > short {
			left = append(left, side)
			continue
		}
		layers = append(layers, Layer{Name: fmt.Sprintf("%dp", side), Size: capture.Size{
			Width: scaled(source.Width, side, short), Height: scaled(source.Height, side, short),
		}})
	}
	return layers, left
}

// scaled returns length times side over short, to the nearest even number.
func scaled(length, side, short int) int {
	return 2 * int(math.Round(float64(length)*float64(side)/float64(short)/2))
}

// The quality of renditions: as good as the rates of services that stream, 4.5
// Mb/s at 1080p. With fewer pixels each of them needs more bits, so the cap goes
// with the pixels to the power of 0.75: 2.4 Mb/s at 720p, 1.3 at 480p, 0.5 at 240p.
const (
	quality    = 23 // constant rate factor of libx264
	preset     = "veryfast"
	fullRate   = 4_500_000
	fullPixels = 1920 * 1080
)

func (l Layer) output() ffmpeg.RenditionOutput {
	pixels := float64(l.Size.Width * l.Size.Height)
	return ffmpeg.RenditionOutput{Size: l.Size, CRF: quality, MaxRate: int(fullRate * math.Pow(pixels/fullPixels, 0.75))}
}
