package expect

import (
	"context"
	"math"
	"time"

	"beam/capture"
	"beam/capture/inspect"
)

// Look decodes the recording at path and returns what is in it, as far as w
// asks for it: Seen without Texts and Console. It decodes the file up to three
// times; memory does not grow with its length.
func Look(ctx context.Context, tools inspect.Tools, path string, w Wanted) (Seen, error) {
	report, err := tools.Quality(ctx, path)
	if err != nil {
		return Seen{}, err
	}
	s := Seen{Report: report}
	if p := report.Picture; w.Motion && p != nil && p.Pictures > 0 {
		c := videoLooker{begin: p.StartSeconds, length: p.EndSeconds - p.StartSeconds}
		o := inspect.PictureOptions{Format: inspect.RGB, Scale: lookSize(report.File.Video)}
		if err := tools.Pictures(ctx, path, o, c.add); err != nil {
			return s, err
		}
		s.Video = c.n
	}
	if a := report.Sound; w.Audio && a != nil {
		c := audioLooker{}
		if err := tools.Sound(ctx, path, min(max(report.File.Audio.Channels, 1), 2), c.add); err != nil {
			return s, err
		}
		s.Audio = c.n
	}
	return s, nil
}

// lookPixels is the longer side at which frames are compared, as in package
// inspect.
const lookPixels = 320

func lookSize(v *inspect.VideoStream) capture.Size {
	longer := max(v.Width, v.Height)
	if longer <= lookPixels {
		return capture.Size{}
	}
	scale := lookPixels / float64(longer)
	return capture.Size{
		Width:  max(1, int(math.Round(float64(v.Width)*scale))),
		Height: max(1, int(math.Round(float64(v.Height)*scale))),
	}
}

// Two frames differ by the levels that package inspect measured against the
// noise of coding, in any of the three colours: a change that only shows in
// colour is motion too. A frame is of one colour when hardly a value is far
// from the middle one.
const (
	changedLevel = 20
	faintLevel   = 6
	faintShare   = 0.02
	blankLevel   = 12
	blankOutside = 0.0005 // of the pixels: a mouse pointer is more
)

// videoLooker takes the frames one by one.
type videoLooker struct {
	begin, length float64 // seconds
	n             VideoLook
	last          []byte // the last distinct frame
}

func (c *videoLooker) add(p inspect.Picture) error {
	c.n.Frames++
	if blank(p.Pix) {
		c.n.Blank++
	}
	if c.last == nil {
		c.last = append(c.last, p.Pix...)
		return nil
	}
	if differ(c.last, p.Pix) {
		c.n.Changes[part(p.PTS.Seconds()-c.begin, c.length)]++
		c.last = append(c.last[:0], p.Pix...)
	}
	return nil
}

// part returns in which of the parts of the recording a time lies.
func part(at, length float64) int {
	if length <= 0 {
		return 0
	}
	return min(max(int(motionParts*at/length), 0), motionParts-1)
}

// differ compares two frames of one size.
func differ(a, b []byte) bool {
	if len(a) != len(b) {
		return true
	}
	faint, most := 0, int(math.Ceil(faintShare*float64(len(a))))
	for i, v := range a {
		d := int(v) - int(b[i])
		if d < 0 {
			d = -d
		}
		if d > changedLevel {
			return true
		}
		if d > faintLevel {
			faint++
		}
	}
	return faint > most
}

// blank tells whether a frame of RGB pixels is of one colour.
func blank(pix []byte) bool {
	var count [3][256]int
	for i, v := range pix {
		count[i%3][v]++
	}
	pixels := len(pix) / 3
	for _, values := range count {
		middle, below := 0, 0
		for v, n := range values {
			if below += n; 2*below >= pixels {
				middle = v
				break
			}
		}
		outside := 0
		for v, n := range values {
			if v < middle-blankLevel || v > middle+blankLevel {
				outside += n
			}
		}
		if float64(outside) > blankOutside*float64(pixels) {
			return false
		}
	}
	return true
}

// audioWindow is how many samples are judged together.
const audioWindow = capture.SampleRate / 10

// audioLooker takes decoded audio run by run. Holes between the runs count as
// windows without audio.
type audioLooker struct {
	n       AudioLook
	started bool
	end     time.Duration
	power   [2]float64
	filled  int
}

func (c *audioLooker) add(s inspect.Sound) error {
	if c.started {
		if gap := s.PTS - c.end; gap > 0 {
			c.n.Windows += int(gap / (100 * time.Millisecond))
		}
	}
	c.started, c.end = true, s.PTS+s.Duration()
	for i := 0; i+s.Channels <= len(s.PCM); i += s.Channels {
		for ch, v := range s.PCM[i : i+s.Channels] {
			c.power[ch] += float64(v) * float64(v)
		}
		if c.filled++; c.filled == audioWindow {
			c.close(s.PTS + time.Duration(i/s.Channels+1)*time.Second/capture.SampleRate)
		}
	}
	return nil
}

// close judges a window, which ends at an instant of the file.
func (c *audioLooker) close(end time.Duration) {
	mean := max(c.power[0], c.power[1]) / audioWindow
	c.n.Windows++
	if 10*math.Log10(max(mean, 1e-12)) > audibleDBFS {
		c.n.Audible, c.n.Last = c.n.Audible+1, end
	}
	c.power, c.filled = [2]float64{}, 0
}
