package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beam/beam/expect"
	"beam/beam/usage"
	"beam/capture/ffmpeg"
	"beam/capture/mp4"
)

// The encoder's settings that a user does not choose.
const (
	crf         = 23 // libx264's default; the cap of the bit rate bounds it
	jpegQuality = 88 // of the screencast; quality hardly costs CPU
)

// finish finishes the file and makes the report.
func (t *take) finish(hard context.Context, end Time) (*Report, error) {
	t.meter.Sample(false)
	media, err := t.out.finish(hard, t.length, t.transfer.untouched(), mp4.Metadata{
		Encoder: "beam " + t.settings.Version, Created: t.startedAt(), Chapters: fileChapters(t.chapters()),
	})
	if err != nil {
		fault := firstOf(t.fault, &Fault{Class: ClassEncoder, Op: "finish the file", Err: err})
		if errors.Is(err, errNoMedia) {
			cause := t.fault
			if t.reason == ReasonAsked {
				cause = nil // ffmpeg's complaint that it was given nothing
			}
			fault = firstOf(cause, &Fault{Class: ClassEmpty, Op: "record", Err: errors.New("nothing was recorded: the recording was stopped before the first picture and sound were encoded")})
			t.out.discard()
			t.transfer.discard(hard, t.log)
		}
		return nil, fault
	}
	report := t.makeReport(end, media)
	broken := t.expectations(hard, report)
	files := t.sideFiles(report)
	t.writeSideFiles(files)
	t.writeReport(report)
	if t.transfer != nil {
		err = t.upload(hard, report, files)
		t.writeReport(report) // now with the upload
	}
	if err != nil || t.fault != nil {
		return report, errors.Join(err, t.fault)
	}
	t.enter(StateCompleted)
	return report, broken
}

// expectations judges the finished file, and lets it be drawn.
func (t *take) expectations(hard context.Context, r *Report) error {
	s := t.settings
	if !s.Expect.Any() && s.Finished == nil {
		return nil
	}
	tools, err := DecodeTools(t.tools)
	if err == nil && s.Finished != nil {
		if err := s.Finished(hard, tools, s.Output); err != nil {
			t.notice("%v", err)
			r.Notices = append(r.Notices, err.Error())
		}
	}
	if err != nil || !s.Expect.Any() {
		return err
	}
	seen, err := t.watch.Look(hard, tools, s.Output)
	if err != nil {
		return err
	}
	if p := r.Pictures; p != nil && p.Lowered > 0 {
		seen.LowestFPS = p.LowestFPS
	}
	r.Expectations, r.Console = expect.Judge(s.Expect, seen), &seen.Console
	return expect.Verdict(r.Expectations)
}

// writeReport writes the report beside the file.
func (t *take) writeReport(r *Report) {
	if err := r.Write(ReportPath(t.settings.Output)); err != nil {
		t.log.Warn("report not written", "error", err)
	}
}

// startedAt returns when the recording began.
func (t *take) startedAt() time.Time { return wallClock(t.start).UTC().Round(time.Millisecond) }

// makeReport puts the figures of the recording together.
func (t *take) makeReport(end Time, media media) *Report {
	seconds := media.Duration.Seconds()
	s := t.settings
	r := &Report{
		Beam: s.Version, Room: RedactURL(s.Room), Output: s.Output, Bytes: media.Bytes,
		StartedAt: t.startedAt(), Seconds: round(seconds, 3),
		StopReason: t.stopReason(), ReadyReason: t.readyReason, FirstFrame: round(t.firstFrame.Seconds(), 2),
		Engine: t.engine, EngineReason: t.engineReason, Preset: t.preset,
		Width: s.Size.Width, Height: s.Size.Height, FPS: s.FPS, FPSMode: s.FPSMode,
		Sound:     soundReport(t.segments, t.studio.soundStalls()),
		Resources: resources(t.meter.Programs(), end.Sub(t.start)),
		Versions:  t.versions(),

		ID: s.ID, Layout: firstText(t.meeting.shownLayout(), s.Layout), Platform: t.plan.Platform,
		Participants: t.meeting.participants(t.position, t.length), Chapters: t.chapters(),
		Pauses: t.pauses(), Segments: len(t.segments),
	}
	if s.AudioOnly {
		r.Width, r.Height, r.FPS, r.FPSMode = 0, 0, 0, ""
	}
	r.Versions["ffmpeg"] = ffmpeg.Version(t.tools.FFmpeg)
	switch {
	case t.screen != nil:
		r.Pictures = cast(t.segments, media.Pictures, seconds)
	case !s.AudioOnly:
		r.Pictures = grabbed(media, t.segments, s.FPS, seconds)
	}
	t.judge(r)
	if t.fault != nil {
		r.Fault = t.fault.Error()
	}
	r.Degraded, r.Notices = append([]string{}, t.degrade...), append([]string{}, t.notices...)
	return r
}

// stopReason returns why the recording ended, for the report.
func (t *take) stopReason() string {
	switch {
	case t.reason != ReasonFailure:
		return t.reason
	case t.rejoins >= mostRejoins || t.encoders >= mostLost || t.sounds >= mostLost:
		return ReasonFailure + ": " + FailureRetries
	}
	return ReasonFailure + ": " + FailureInternal
}

// grabbed makes the picture report of a recording whose pictures ffmpeg
// grabbed. Which of them differ is told by their coded sizes.
func grabbed(m media, segments []*segment, fps int, seconds float64) *PictureReport {
	r := &PictureReport{
		Encoded: m.Pictures, Distinct: m.Distinct, Repeated: m.Pictures - m.Distinct,
		DistinctFPS:   round(float64(m.Distinct)/max(seconds, 0.001), 2),
		LongestFreeze: milliseconds(m.LongestFreeze),
		LowestFPS:     float64(fps),
	}
	for _, s := range segments {
		p := s.enc.Progress()
		r.Captured += max(0, p.Frames-p.Duplicated+p.Dropped)
		r.Dropped += p.Dropped
	}
	return r
}

// judge notes in what way the recording is less than what was asked for.
func (t *take) judge(r *Report) {
	if p := r.Pictures; p != nil && p.Lowered > 0 {
		t.degraded("the machine was too busy for %d pictures a second; the rate went down to %.0f. Use --capture x11, a lower --resolution or more cores", r.FPS, p.LowestFPS)
	}
	if r.Sound.Holes > 0 && r.Sound.Filled >= 100 {
		t.degraded("%.0f ms of sound were not captured and were filled with silence", r.Sound.Filled)
	}
	if t.rejoins > 0 {
		t.degraded("the browser was lost and joined again %d times", t.rejoins)
	}
	if t.encoders > 0 {
		t.degraded("the encoder was lost %d times; what it had not written yet of the picture is missing", t.encoders)
	}
	if t.sounds > 0 {
		t.degraded("the sound server was lost %d times; it is silent until the room was joined again", t.sounds)
	}
	if t.reason == ReasonLost {
		t.degraded("the connection to the room was lost and did not come back within %v", t.settings.ReconnectGrace)
	}
	if want := t.settings.Duration; want > 0 && t.reason != ReasonDuration && t.reason != ReasonAsked && t.reason != ReasonRoomEnded && t.reason != ReasonLastLeft {
		t.degraded("the recording ended after %s instead of %v: %s", shortDuration(r.Seconds), want, t.reason)
	}
}

func shortDuration(seconds float64) string {
	return fmt.Sprint(time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond))
}

// resources returns what the programs used, for the report.
func resources(programs []usage.Program, recorded time.Duration) []ResourceReport {
	var out []ResourceReport
	for _, p := range programs {
		out = append(out, ResourceReport{
			Name: p.Name, CPUSeconds: round(p.CPUSeconds, 2),
			Cores:  round(p.CPUSeconds/max(recorded.Seconds(), 0.001), 3),
			PeakMB: round(p.PeakMB, 1),
		})
	}
	return out
}
