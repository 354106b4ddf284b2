package main

import (
	"context"
	"image"
	"math"

	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
	"beam/capture/inspect/testpattern"
)

func judgeTiming(ctx context.Context, tools inspect.Tools, path string, f *figures) error {
	t, err := avsync.JudgeTiming(ctx, tools, path)
	if err != nil {
		return err
	}
	f.distinct, f.freeze = t.DistinctPerSecond, t.LongestFreezeMs
	f.offset, f.steadiness, f.drift = t.Offset.MedianMs, t.OffsetSpreadMs, t.Offset.DriftMsPerMinute
	f.sound = known(f.sound, 1) * share(t.Beeps, t.Beeps+len(t.MissingBeeps))
	return nil
}

func judgeLipSync(ctx context.Context, tools inspect.Tools, path string, f *figures) error {
	l, err := avsync.JudgeLipSync(ctx, tools, path)
	if err != nil {
		return err
	}
	f.lipSync = l.Offset.MedianMs
	f.distinct, f.freeze = l.Clip.DistinctPerSecond, l.Clip.LongestFreezeMs
	f.sound = known(f.sound, 1) * share(l.Beeps-l.UnpairedBeeps, l.Beeps-l.UnpairedBeeps+l.UnpairedFlashes)
	return nil
}

// judgeRoom counts which of Ana's pictures came through: she is there all the
// time, and her tile is found by its colour. The numbers in her clip run to the
// end of the clip and begin again, so only pictures in a row are compared.
func (b *bench) judgeRoom(ctx context.Context, tools inspect.Tools, path string, f *figures) error {
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return err
	}
	frame := image.Rect(0, 0, info.Video.Width, info.Video.Height)
	full := inspect.PictureOptions{Format: inspect.RGB}
	var tile image.Rectangle
	var readings []testpattern.Reading
	err = tools.Pictures(ctx, path, full, func(p inspect.Picture) error {
		rgb := testpattern.NewRGB(p.Pix, p.W, p.H)
		value, ok := uint32(0), false
		if !tile.Empty() {
			value, ok = readTile(p, tile)
		}
		if !ok {
			// The tile moved: somebody came, went, or shared a screen.
			if ground := testpattern.FindColour(rgb, b.people[0].Color, 24); !ground.Empty() {
				tile = clipAround(ground, frame)
				value, ok = readTile(p, tile)
			}
		}
		readings = append(readings, testpattern.Reading{At: p.PTS, Value: value, OK: ok})
		return nil
	})
	if err != nil {
		return err
	}
	m := testpattern.MeasureMotion(readings)
	f.distinct, f.freeze = m.DistinctPerSecond, m.LongestFreezeMs
	f.kept = kept(readings)
	return nil
}

// clipAround returns the rectangle of the clip whose ground is at r: the ground
// ends 24 of 360 lines above the clip's lower edge.
func clipAround(r, frame image.Rectangle) image.Rectangle {
	r.Max.Y = r.Min.Y + int(math.Round(float64(r.Dx())*9/16))
	return r.Intersect(frame)
}

func readTile(p inspect.Picture, tile image.Rectangle) (uint32, bool) {
	strip := testpattern.ClipRect(tile)
	gray := image.NewGray(strip)
	for y := strip.Min.Y; y < strip.Max.Y; y++ {
		for x := strip.Min.X; x < strip.Max.X; x++ {
			i := (y*p.W + x) * 3
			gray.Pix[gray.PixOffset(x, y)] = uint8((int(p.Pix[i]) + 2*int(p.Pix[i+1]) + int(p.Pix[i+2])) / 4)
		}
	}
	value, err := testpattern.ReadStrip(gray, strip, testpattern.Picture)
	return value, err == nil
}

// kept returns the share of the source's pictures that the recording shows.
func kept(readings []testpattern.Reading) float64 {
	const longestGap = 60 // numbers; beyond that the strip was not read for a while, or the clip began again
	shown, sent := 0, 0
	last, known := uint32(0), false
	for _, r := range readings {
		if !r.OK || known && r.Value == last {
			continue
		}
		if step := int64(r.Value) - int64(last); known && step > 0 && step < longestGap {
			shown++
			sent += int(step)
		}
		last, known = r.Value, true
	}
	return share(shown, sent)
}

// known returns v, or what stands for it where it is unknown.
func known(v, otherwise float64) float64 {
	if math.IsNaN(v) {
		return otherwise
	}
	return v
}

func share(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}

// size returns the size of a row's picture.
func size(k kind) capture.Size { return capture.Size{Width: k.width(), Height: k.height()} }
