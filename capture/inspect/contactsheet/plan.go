package contactsheet

import (
	"fmt"
	"image"
	"strings"
	"time"
)

// The sheet's measures, in pixels.
const (
	sheetWidth  = 1600
	margin      = 24
	gap         = 8
	headHeight  = 92
	waveHeight  = 150
	axisHeight  = 34
	tallestCell = 620
)

// plan is where everything goes.
type plan struct {
	size  image.Point
	cells []image.Rectangle
	times []time.Duration // of the pictures of the cells
	wave  image.Rectangle
}

// makePlan lays a sheet out for pictures of w x h pixels (0 x 0 for none), of
// which there are so many, in a recording of the given length.
func makePlan(o Options, w, h, pictures int, length time.Duration) plan {
	inner := sheetWidth - 2*margin
	p := plan{}
	y := headHeight
	if w > 0 && h > 0 && pictures > 0 {
		cols, rows := grid(o, w, h, pictures)
		n := min(cols*rows, pictures)
		cw := (inner - (cols-1)*gap) / cols
		ch := cw * h / w
		if ch > tallestCell {
			ch = tallestCell
			cw = max(ch*w/h, 1)
		}
		ch = max(ch, 1)
		left := margin + (inner-cols*cw-(cols-1)*gap)/2
		for i := range n {
			at := image.Pt(left+i%cols*(cw+gap), y+i/cols*(ch+gap))
			p.cells = append(p.cells, image.Rectangle{Min: at, Max: at.Add(image.Pt(cw, ch))})
			// The middle of its share: neither the first picture nor the last.
			p.times = append(p.times, (length * time.Duration(2*i+1) / time.Duration(2*n)).Truncate(time.Millisecond))
		}
		y = p.cells[n-1].Max.Y + 2*gap
	}
	p.wave = image.Rect(margin, y, sheetWidth-margin, y+waveHeight)
	p.size = image.Pt(sheetWidth, p.wave.Max.Y+axisHeight)
	return p
}

// grid returns columns and rows: what was asked for, else 16 pictures, in rows
// of 8 where they are upright. There are never more than there are pictures.
func grid(o Options, w, h, pictures int) (cols, rows int) {
	cols, rows = o.Columns, o.Rows
	if cols <= 0 {
		cols = 4
		if h > w {
			cols = 8
		}
	}
	if rows <= 0 {
		rows = max(1, 16/cols)
	}
	cols = min(cols, mostColumns, pictures)
	return cols, min(rows, mostRows, (pictures+cols-1)/cols)
}

const (
	mostColumns = 16
	mostRows    = 40
)

// ticks returns the distance of the marks of a time axis of so many pixels,
// so that their labels have room.
func ticks(length time.Duration, pixels int) time.Duration {
	const room = 90
	for _, step := range []time.Duration{
		100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if float64(pixels)*float64(step) >= room*float64(length) {
			return step
		}
	}
	return 24 * time.Hour
}

// clock writes a time as 0:07, 1:02:03 or, with tenths, 0:07.5.
func clock(d time.Duration, tenths bool) string {
	unit := time.Second
	if tenths {
		unit = 100 * time.Millisecond
	}
	d = d.Truncate(unit)
	s := fmt.Sprintf("%d:%02d", int(d.Minutes())%60, int(d.Seconds())%60)
	if d >= time.Hour {
		s = fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	if tenths {
		s += fmt.Sprintf(".%d", d%time.Second/(100*time.Millisecond))
	}
	return s
}

// facts is the second line of the sheet's head.
func facts(f Facts) string {
	parts := []string{clock(f.Length, f.Length < time.Minute), megabytes(f.Bytes)}
	if f.Width > 0 {
		parts = append(parts, fmt.Sprintf("%d × %d", f.Width, f.Height))
		if f.FPS > 0 {
			parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%.1f", f.FPS), ".0")+" fps")
		}
		parts = append(parts, f.VideoCodec)
	} else {
		parts = append(parts, "no picture")
	}
	if f.AudioCodec != "" {
		parts = append(parts, f.AudioCodec)
	}
	return strings.Join(parts, "   ·   ")
}

func megabytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f kB", float64(n)/1e3)
}
