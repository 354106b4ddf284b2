package avsync

import (
	"context"
	"fmt"
	"image"
	"slices"
	"time"

	"beam/capture/inspect"
	"beam/capture/inspect/testpattern"
)

// Timing is the judgement of a recording of the timing page.
type Timing struct {
	testpattern.Timing
	// PrimingUnmarked is the same as in inspect.AudioStream: the offsets may
	// hold about 21 ms that the file's missing edit list puts there.
	PrimingUnmarked bool `json:"priming_unmarked"`
}

// JudgeTiming decodes a recording of the timing page, whose viewport fills the
// picture, and measures it. It returns testpattern.ErrNoMark for a file without a
// readable clock. Only the lines of the strip are copied out of ffmpeg.
func JudgeTiming(ctx context.Context, tools inspect.Tools, path string) (Timing, error) {
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return Timing{}, err
	}
	if info.Video == nil {
		return Timing{}, fmt.Errorf("judge timing: %w: no video stream", testpattern.ErrNoMark)
	}
	readings, err := clockReadings(ctx, tools, path, image.Rect(0, 0, info.Video.Width, info.Video.Height))
	if err != nil {
		return Timing{}, fmt.Errorf("judge timing: %w", err)
	}
	beeps, err := Beeps(ctx, tools, path, info)
	if err != nil {
		return Timing{}, fmt.Errorf("judge timing: %w", err)
	}
	t := Timing{PrimingUnmarked: info.Audio != nil && info.Audio.PrimingUnmarked}
	if t.Timing, err = testpattern.MeasureTiming(readings, beeps); err != nil {
		return t, fmt.Errorf("judge timing: %w", err)
	}
	return t, nil
}

// Reloaded is the judgement of a recording of the timing page that may have
// been loaded more than once.
type Reloaded struct {
	testpattern.Motion          // over all pictures
	Loads              []Timing // one for each load, in order
}

// JudgeReloaded is JudgeTiming for a page that was loaded anew while it was
// recorded, so that its clock began again.
func JudgeReloaded(ctx context.Context, tools inspect.Tools, path string) (Reloaded, error) {
	info, err := tools.Probe(ctx, path)
	if err != nil {
		return Reloaded{}, err
	}
	if info.Video == nil {
		return Reloaded{}, fmt.Errorf("judge timing: %w: no video stream", testpattern.ErrNoMark)
	}
	readings, err := clockReadings(ctx, tools, path, image.Rect(0, 0, info.Video.Width, info.Video.Height))
	if err != nil {
		return Reloaded{}, fmt.Errorf("judge timing: %w", err)
	}
	beeps, err := Beeps(ctx, tools, path, info)
	if err != nil {
		return Reloaded{}, fmt.Errorf("judge timing: %w", err)
	}
	r := Reloaded{Motion: testpattern.MeasureMotion(readings)}
	loads := testpattern.Loads(readings)
	for i, load := range loads {
		own := beeps
		if i+1 < len(loads) {
			own = slices.DeleteFunc(slices.Clone(beeps), func(b testpattern.Beep) bool { return b.At >= loads[i+1][0].At })
			beeps = beeps[len(own):]
		}
		t := Timing{PrimingUnmarked: info.Audio != nil && info.Audio.PrimingUnmarked}
		if t.Timing, err = testpattern.MeasureTiming(load, own); err != nil {
			return r, fmt.Errorf("judge timing: %w", err)
		}
		r.Loads = append(r.Loads, t)
	}
	return r, nil
}

func clockReadings(ctx context.Context, tools inspect.Tools, path string, picture image.Rectangle) ([]testpattern.Reading, error) {
	var readings []testpattern.Reading
	opt := inspect.PictureOptions{Crop: testpattern.ClockRect(picture)}
	err := tools.Pictures(ctx, path, opt, func(p inspect.Picture) error {
		g := p.Gray()
		value, err := testpattern.ReadStrip(g, g.Rect, testpattern.Clock)
		readings = append(readings, testpattern.Reading{At: p.PTS, Value: value, OK: err == nil})
		return nil
	})
	return readings, err
}

// Beeps decodes the sound of a file and returns its beeps; none without an
// audio stream.
func Beeps(ctx context.Context, tools inspect.Tools, path string, info inspect.Info) ([]testpattern.Beep, error) {
	if info.Audio == nil {
		return nil, nil
	}
	finder := testpattern.NewBeepFinder(sampleRate)
	err := tools.Sound(ctx, path, 1, func(s inspect.Sound) error {
		finder.Push(s.PTS, s.PCM)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return finder.Beeps(), nil
}

// Tones decodes the sound of a file and returns the levels of the tones of
// freqs (Hz) in each window of it.
func Tones(ctx context.Context, tools inspect.Tools, path string, freqs []float64, window time.Duration) ([]testpattern.ToneWindow, error) {
	meter := testpattern.NewToneMeter(sampleRate, freqs, window)
	err := tools.Sound(ctx, path, 1, func(s inspect.Sound) error {
		meter.Push(s.PTS, s.PCM)
		return nil
	})
	return meter.Windows(), err
}
