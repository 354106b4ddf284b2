package beam

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/source"
	"beam/capture/audio"
	"beam/capture/encode"
	"beam/capture/video"
)

// The fault that is told is the one that says most.
func TestUnfinished(t *testing.T) {
	broken, full := errors.New("broken"), errors.New("disk full")
	nothing := fmt.Errorf("finish: %w", encode.ErrNoMedia)
	for name, tt := range map[string]struct {
		err, cause error
		reason     string
		class      fault.Class
		is         error
	}{
		"the file":                 {err: full, reason: ReasonAsked, class: fault.ClassEncoder, is: full},
		"the file, after a fault":  {err: full, cause: broken, reason: ReasonFailure, is: broken},
		"nothing":                  {err: nothing, reason: ReasonDuration, class: fault.ClassEmpty},
		"nothing, by a fault":      {err: nothing, cause: broken, reason: ReasonFailure, is: broken},
		"nothing, stopped at once": {err: nothing, cause: broken, reason: ReasonAsked, class: fault.ClassEmpty},
	} {
		got := unfinished(tt.err, tt.cause, tt.reason)
		if fault.ClassOf(got) != tt.class || tt.is != nil && !errors.Is(got, tt.is) {
			t.Errorf("%s: class %q, %v", name, fault.ClassOf(got), got)
		}
	}
}

func TestStopReason(t *testing.T) {
	for _, tt := range []struct {
		reason   string
		repeated bool
		want     string
	}{
		{ReasonDuration, true, ReasonDuration},
		{ReasonFailure, true, "failure: MAX_RETRIES_REACHED"},
		{ReasonFailure, false, "failure: INTERNAL_ERROR"},
	} {
		if got := stopReason(tt.reason, tt.repeated); got != tt.want {
			t.Errorf("%s, repeated %v: %s", tt.reason, tt.repeated, got)
		}
	}
}

func TestFrameReport(t *testing.T) {
	got := frameReport([]video.Counts{
		{Captured: 200, Distinct: 180, Dropped: 3, Freeze: 100 * time.Millisecond},
		{Captured: 100, Distinct: 90, Dropped: 1, Freeze: 250 * time.Millisecond},
	}, encode.Media{Frames: 300, Duration: 10 * time.Second}, rateFigures{Lowered: 1, Lowest: 15, Mean: 29})
	if got.Captured != 300 || got.Distinct != 270 || got.Repeated != 30 || got.Dropped != 4 || got.DistinctFPS != 27 ||
		got.LongestFreeze != 250 || got.Painted != -1 || got.LowestFPS != 15 || got.Lowered != 1 {
		t.Errorf("%+v", got)
	}
	// What was captured after the end of a segment is not in the file.
	if got := frameReport([]video.Counts{{Distinct: 10}}, encode.Media{Frames: 8, Duration: time.Second}, rateFigures{}); got.Distinct != 8 || got.Repeated != 0 {
		t.Errorf("%+v", got)
	}
}

func TestSegmentsAudio(t *testing.T) {
	got := segmentsAudio([]audio.Stats{
		{PCMStats: audio.PCMStats{Out: 480000, Filled: 4800, Silent: 52800, Holes: 1, LongestHole: 100 * time.Millisecond, Drift: 65}, Peak: 16384},
		{PCMStats: audio.PCMStats{Out: 4800, Drift: 900}},
	})
	if got.Covered != 99.01 || got.Silent != 1 || got.Filled != 100 || got.Holes != 1 || got.LongestHole != 100 || got.PeakDBFS != -6 || got.DriftPPM != 65 {
		t.Errorf("%+v", got)
	}
}

func TestShortcomings(t *testing.T) {
	whole := report.Report{FPS: 30, Seconds: 10, Pictures: &report.Video{Painted: 300, Kept: 99}}
	never := func(string) int { return 0 }
	for name, tt := range map[string]struct {
		spoil  func(r *report.Report)
		lost   map[string]int
		reason string
		asked  Config
		says   string // "" for a recording that is what was asked for
	}{
		"whole":            {reason: ReasonDuration, asked: Config{Duration: 10 * time.Second}},
		"busy":             {spoil: func(r *report.Report) { r.Pictures = &report.Video{Lowered: 1, LowestFPS: 12, MeanFPS: 20} }, says: "too busy for 30"},
		"not kept":         {spoil: func(r *report.Report) { r.Pictures = &report.Video{Painted: 300, Kept: 50} }, says: "only 50 %"},
		"hardly moved":     {spoil: func(r *report.Report) { r.Pictures = &report.Video{Painted: paintedToSay - 1, Kept: 50} }},
		"a hole":           {spoil: func(r *report.Report) { r.Sound = report.Audio{Holes: 1, Filled: 150} }, says: "150 ms of audio"},
		"a hole of a tick": {spoil: func(r *report.Report) { r.Sound = report.Audio{Holes: 1, Filled: 20} }},
		"browser":          {lost: map[string]int{source.LostBrowser: 1}, says: "browser was lost once"},
		"encoder":          {lost: map[string]int{source.LostEncoder: 2}, says: "encoder was lost 2 times"},
		"connection":       {reason: ReasonLost, asked: Config{ReconnectGrace: time.Minute}, says: "within 1m0s"},
		"too short":        {reason: ReasonDiskFull, asked: Config{Duration: time.Minute}, says: "after 10s instead of 1m0s"},
		"stopped by hand":  {reason: ReasonAsked, asked: Config{Duration: time.Minute}},
	} {
		r := whole
		if tt.spoil != nil {
			tt.spoil(&r)
		}
		lost := never
		if tt.lost != nil {
			lost = func(what string) int { return tt.lost[what] }
		}
		got := shortcomings(&r, lost, tt.reason, tt.asked)
		switch {
		case tt.says == "" && len(got) > 0, tt.says != "" && (len(got) != 1 || !strings.Contains(got[0], tt.says)):
			t.Errorf("%s: %q, want %q", name, got, tt.says)
		}
	}
}
