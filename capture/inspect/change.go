package inspect

import (
	"math"
	"slices"
	"time"
)

// PictureReport tells how the pictures go on.
type PictureReport struct {
	Pictures  int     `json:"pictures"`
	Distinct  int     `json:"distinct"` // that can be told from the last distinct one
	Repeated  int     `json:"repeated"` // that can't
	PerSecond float64 `json:"per_second"`
	// DistinctPerSecond is what a viewer gets of the rate of the pictures.
	DistinctPerSecond      float64 `json:"distinct_per_second"`
	LongestFreezeMs        float64 `json:"longest_freeze_ms"` // longest time that one distinct picture was shown
	LongestFreezeAtSeconds float64 `json:"longest_freeze_at_seconds"`
	// Slowest is how many distinct pictures the second with the fewest of them has;
	// seconds count from the first picture, and the last one only when it is whole.
	Slowest          int     `json:"slowest_second_distinct"`
	SlowestAtSeconds float64 `json:"slowest_second_at_seconds"`
	// LongestGapMs is the longest time from one picture to the next; above
	// the usual distance pictures are missing, or the rate varies.
	LongestGapMs float64 `json:"longest_gap_ms"`
	UsualGapMs   float64 `json:"usual_gap_ms"` // the median
	StartSeconds float64 `json:"start_seconds"`
	EndSeconds   float64 `json:"end_seconds"` // of the last picture's showing
	DecodeErrors int     `json:"decode_errors"`
}

// Two pictures differ when, at 320 pixels on the longer side, one pixel changes
// by more than changedPixel levels, or more than changedShare of the pixels change
// by more than faintPixel levels. Measured at 1080p with x264 superfast and a
// keyframe twice a second, on a page of text and on a photograph with grain: in
// a still picture coding shifts a pixel by at most 16 levels and 1 % of them by more than
// 6, from CRF 18 to 30; a mouse pointer that moves (2 x 3 of the small pixels)
// changes one by 82 at least. At CRF 35 noise can pass for motion.
// TestQualityTellsMotionFromNoise holds both sides.
const (
	changedPixel = 20
	faintPixel   = 6
	changedShare = 0.02
)

// pictureCounter compares each picture with the last distinct one, so that a
// slow fade, of which no step can be seen, counts whenever it has gone far enough.
type pictureCounter struct {
	last     []byte // the last distinct picture
	n        PictureReport
	first    time.Duration
	previous time.Duration // the last picture
	shown    time.Duration // since when the last distinct one is shown
	gaps     map[time.Duration]int
	second   time.Duration // where the present second began
	inSecond int           // distinct pictures of it
	seconds  int           // whole ones so far
}

func newPictureCounter() *pictureCounter { return &pictureCounter{gaps: make(map[time.Duration]int)} }

func (c *pictureCounter) add(p Picture) error {
	if c.n.Pictures == 0 {
		c.first, c.shown, c.second = p.PTS, p.PTS, p.PTS
	} else {
		gap := p.PTS - c.previous
		// Tenths of a millisecond: few enough of them to keep.
		c.gaps[gap.Round(100*time.Microsecond)]++
		c.n.LongestGapMs = max(c.n.LongestGapMs, milliseconds(gap))
	}
	c.wholeSeconds(p.PTS)
	c.n.Pictures++
	c.previous = p.PTS
	if c.last != nil && !differ(c.last, p.Pix) {
		return nil
	}
	if c.last != nil {
		c.freeze(p.PTS)
	}
	c.n.Distinct++
	c.inSecond++
	c.last = append(c.last[:0], p.Pix...)
	return nil
}

// wholeSeconds ends the seconds that are over at an instant.
func (c *pictureCounter) wholeSeconds(at time.Duration) {
	for ; at-c.second >= time.Second; c.second += time.Second {
		if c.seconds == 0 || c.inSecond < c.n.Slowest {
			c.n.Slowest, c.n.SlowestAtSeconds = c.inSecond, c.second.Seconds()
		}
		c.seconds++
		c.inSecond = 0
	}
}

// freeze ends the showing of the last distinct picture.
func (c *pictureCounter) freeze(until time.Duration) {
	if ms := milliseconds(until - c.shown); ms > c.n.LongestFreezeMs {
		c.n.LongestFreezeMs, c.n.LongestFreezeAtSeconds = ms, c.shown.Seconds()
	}
	c.shown = until
}

// report sums up; end is where the file says that the stream ends, in seconds.
func (c *pictureCounter) report(end float64) PictureReport {
	r := c.n
	if r.Pictures == 0 {
		return r
	}
	usual := c.usualGap()
	last := c.previous + usual
	if e := time.Duration(end * float64(time.Second)); e > c.previous {
		last = e
	}
	c.freeze(last)
	c.wholeSeconds(last)
	r = c.n
	r.Repeated = r.Pictures - r.Distinct
	r.UsualGapMs = milliseconds(usual)
	r.StartSeconds, r.EndSeconds = c.first.Seconds(), last.Seconds()
	if d := (last - c.first).Seconds(); d > 0 {
		r.PerSecond, r.DistinctPerSecond = float64(r.Pictures)/d, float64(r.Distinct)/d
	}
	return r
}

func (c *pictureCounter) usualGap() time.Duration {
	gaps := make([]time.Duration, 0, len(c.gaps))
	total := 0
	for g, n := range c.gaps {
		gaps = append(gaps, g)
		total += n
	}
	slices.Sort(gaps)
	seen := 0
	for _, g := range gaps {
		if seen += c.gaps[g]; 2*seen >= total {
			return g
		}
	}
	return 0
}

// differ compares two gray pictures of one size.
func differ(a, b []byte) bool {
	if len(a) != len(b) {
		return true
	}
	faint, most := 0, int(math.Ceil(changedShare*float64(len(a))))
	for i, v := range a {
		d := int(v) - int(b[i])
		if d < 0 {
			d = -d
		}
		if d > changedPixel {
			return true
		}
		if d > faintPixel {
			faint++
		}
	}
	return faint > most
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
