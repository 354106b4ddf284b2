package avsync

import (
	"context"
	"fmt"
	"image"

	"beam/capture"
	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
)

const sampleRate = capture.SampleRate

// The size of the lip-sync clip, which is shown as large as it fits, and the
// width to which it is scaled down to be read: 16 pixels for each cell of its
// strip.
const (
	clipWidth, clipHeight = 640, 360
	readWidth, readHeight = 320, 180
)

// LipSync is the judgement of a recording of the lip-sync page.
type LipSync struct {
	testpattern.LipSync
	// Clip tells how the clip's own picture numbers go on: what of the
	// sender's pictures was kept.
	Clip testpattern.Motion `json:"clip"`
	// PrimingUnmarked is the same as in inspect.AudioStream: the offsets may
	// hold about 21 ms that the file's missing edit list puts there.
	PrimingUnmarked bool `json:"priming_unmarked"`
}

// JudgeLipSync decodes a recording of the lip-sync page, whose viewport fills
// the picture, and measures it. It returns testpattern.ErrNoMark for a file without a
// flash that has its beep.
func JudgeLipSync(ctx context.Context, tools inspect.Tools, path string) (LipSync, error) {
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return LipSync{}, err
	}
	if info.Video == nil {
		return LipSync{}, fmt.Errorf("judge lip sync: %w: no video stream", testpattern.ErrNoMark)
	}
	clip := testpattern.Contain(image.Rect(0, 0, info.Video.Width, info.Video.Height), clipWidth, clipHeight)
	levels, numbers, err := clipReadings(ctx, tools, path, clip)
	if err != nil {
		return LipSync{}, fmt.Errorf("judge lip sync: %w", err)
	}
	beeps, err := Beeps(ctx, tools, path, info)
	if err != nil {
		return LipSync{}, fmt.Errorf("judge lip sync: %w", err)
	}
	l := LipSync{
		Clip:            testpattern.MeasureMotion(numbers),
		PrimingUnmarked: info.Audio != nil && info.Audio.PrimingUnmarked,
	}
	if l.LipSync, err = testpattern.MeasureLipSync(testpattern.Flashes(levels), beeps); err != nil {
		return l, fmt.Errorf("judge lip sync: %w", err)
	}
	return l, nil
}

// clipReadings returns the brightness of the middle of the clip, and the number
// in its strip, for each picture.
func clipReadings(ctx context.Context, tools inspect.Tools, path string, clip image.Rectangle) ([]testpattern.Level, []testpattern.Reading, error) {
	var levels []testpattern.Level
	var numbers []testpattern.Reading
	opt := inspect.PictureOptions{Crop: clip, Scale: capture.Size{Width: readWidth, Height: readHeight}}
	middle := image.Rect(readWidth/4, readHeight/4, readWidth*3/4, readHeight*3/4)
	strip := testpattern.ClipRect(image.Rect(0, 0, readWidth, readHeight))
	err := tools.Pictures(ctx, path, opt, func(p inspect.Picture) error {
		g := p.Gray()
		levels = append(levels, testpattern.Level{At: p.PTS, Brightness: testpattern.Brightness(g, middle)})
		value, err := testpattern.ReadStrip(g, strip, testpattern.Picture)
		numbers = append(numbers, testpattern.Reading{At: p.PTS, Value: value, OK: err == nil})
		return nil
	})
	return levels, numbers, err
}
