package inspect

import (
	"context"
	"fmt"
	"math"

	"beam/capture"
)

// Report is the quality report of a recording, computed from what its file
// holds.
type Report struct {
	File    Info           `json:"file"`
	Picture *PictureReport `json:"picture,omitempty"` // nil without a video stream
	Sound   *SoundReport   `json:"sound,omitempty"`   // nil without an audio stream
	Sync    *SyncReport    `json:"sync,omitempty"`    // nil unless there are both
}

// SyncReport compares where picture and sound begin and end in the file. It
// tells nothing of lip sync, which only marks in the content do.
type SyncReport struct {
	StartDifferenceMs float64 `json:"start_difference_ms"` // positive: the sound begins later
	EndDifferenceMs   float64 `json:"end_difference_ms"`   // positive: the sound ends later
	// SoundCoverage is the length of all decoded sound as a share of the
	// length of the picture, from its first picture to its end; 1 is whole.
	SoundCoverage float64 `json:"sound_coverage"`
}

// Quality decodes the whole file and computes its report. What it costs is the
// decoding; memory does not grow with the length.
func (t Tools) Quality(ctx context.Context, path string) (Report, error) {
	info, err := t.Probe(ctx, path)
	if err != nil {
		return Report{}, err
	}
	r := Report{File: info}
	if v := info.Video; v != nil {
		c := newPictureCounter()
		d, err := t.pictures(ctx, path, PictureOptions{Scale: compareSize(v.Width, v.Height)}, c.add)
		if err != nil {
			return r, fmt.Errorf("quality: %w", err)
		}
		report := c.report(v.StartSeconds + v.DurationSeconds)
		report.DecodeErrors = d.errors
		r.Picture = &report
	}
	if a := info.Audio; a != nil {
		c := &soundCounter{}
		d, err := t.sound(ctx, path, min(max(a.Channels, 1), 2), c.add)
		if err != nil {
			return r, fmt.Errorf("quality: %w", err)
		}
		report := c.report()
		report.DecodeErrors = d.errors
		r.Sound = &report
	}
	if r.Picture != nil && r.Sound != nil && r.Picture.Pictures > 0 && r.Sound.DurationSeconds > 0 {
		p, s := r.Picture, r.Sound
		r.Sync = &SyncReport{
			StartDifferenceMs: (s.StartSeconds - p.StartSeconds) * 1000,
			EndDifferenceMs:   (s.EndSeconds - p.EndSeconds) * 1000,
		}
		if d := p.EndSeconds - p.StartSeconds; d > 0 {
			r.Sync.SoundCoverage = s.DurationSeconds / d
		}
	}
	return r, nil
}

// compareSize returns the size at which pictures are compared: 320 pixels on
// the longer side, or what the picture has.
func compareSize(width, height int) capture.Size {
	longer := max(width, height)
	if longer <= comparePixels {
		return capture.Size{}
	}
	scale := comparePixels / float64(longer)
	return capture.Size{
		Width:  max(1, int(math.Round(float64(width)*scale))),
		Height: max(1, int(math.Round(float64(height)*scale))),
	}
}

const comparePixels = 320
