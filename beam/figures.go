package beam

import (
	"math"
	"time"

	"beam/beam/procstat"
	"beam/beam/report"
	"beam/capture"
	"beam/capture/audio"
	"beam/capture/encode"
	"beam/capture/video"
)

// audioReport makes the report of the audio.
func (r *run) audioReport(segments []*segment) report.Audio {
	var all []audio.Stats
	for _, s := range segments {
		all = append(all, s.audio.Stats())
	}
	rep := segmentsAudio(all)
	rep.Stalls, rep.LUFS, rep.Late = r.source.SoundStalls(), r.loudness.report(), r.rates.quality.late()
	return rep
}

// videoReport makes the report of the frames.
func (r *run) videoReport(segments []*segment, m encode.Media, length time.Duration) *report.Video {
	var all []video.Counts
	for _, s := range segments {
		all = append(all, s.video.Counts())
	}
	rep := frameReport(all, m, r.rates.rates.figures(r.timeline.position, length))
	if painted, kept, known := r.rates.quality.paintedFrames(); known {
		rep.Painted, rep.Kept = painted, report.Round(kept, 1)
	}
	return rep
}

// frameReport returns the figures of the segments' frames together; of what the
// page painted it knows nothing.
func frameReport(segments []video.Counts, m encode.Media, rates rateFigures) *report.Video {
	r := &report.Video{
		Encoded: m.Frames, Painted: -1, Kept: -1,
		Lowered: rates.Lowered, LowestFPS: rates.Lowest, MeanFPS: rates.Mean, Rates: rates.Changes,
	}
	for _, c := range segments {
		r.Captured += c.Captured
		r.Distinct += c.Distinct
		r.Dropped += c.Dropped
		r.LongestFreeze = max(r.LongestFreeze, report.Milliseconds(c.Freeze))
	}
	// What was captured after the last instant of a segment is not shown.
	r.Distinct = min(r.Distinct, r.Encoded)
	r.Repeated = r.Encoded - r.Distinct
	r.DistinctFPS = report.Round(float64(r.Distinct)/max(m.Duration.Seconds(), 0.001), 2)
	return r
}

// segmentsAudio returns the figures of the segments together.
func segmentsAudio(segments []audio.Stats) report.Audio {
	var r report.Audio
	var out, filled, silent, longest int64
	var hole time.Duration
	peak := 0
	for _, s := range segments {
		peak = max(peak, s.Peak)
		out += s.Out
		filled += s.Filled
		silent += max(0, s.Silent-s.Filled)
		r.Holes += s.Holes
		hole = max(hole, s.LongestHole)
		if s.Out >= longest { // the longest segment knows the drift best
			longest = s.Out
			r.DriftPPM, r.DriftPerMin = report.Round(s.Drift, 1), report.Round(s.Drift*60/1000, 3)
		}
	}
	const perSecond = float64(capture.SampleRate)
	r.Covered = report.Round(100*float64(out-filled)/math.Max(1, float64(out)), 3)
	r.Silent = report.Round(float64(silent)/perSecond, 2)
	r.Filled = report.Round(1000*float64(filled)/perSecond, 1)
	r.LongestHole = report.Milliseconds(hole)
	r.PeakDBFS = report.Decibels(float64(peak))
	return r
}

// resources returns what the programs used, for the report.
func resources(programs []procstat.Program, recorded time.Duration) []report.Resource {
	var out []report.Resource
	for _, p := range programs {
		out = append(out, report.Resource{
			Name: p.Name, CPUSeconds: report.Round(p.CPUSeconds, 2),
			Cores:  report.Round(p.CPUSeconds/max(recorded.Seconds(), 0.001), 3),
			PeakMB: report.Round(p.PeakMB, 1),
		})
	}
	return out
}
