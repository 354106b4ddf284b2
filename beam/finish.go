package beam

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beam/beam/expect"
	"beam/beam/usage"
	"beam/capture"
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
		Engine: t.segments.all()[0].engine, EngineReason: t.engineReason, EngineChanges: append([]EngineChange{}, t.changes...), Preset: t.preset,
		Width: s.Size.Width, Height: s.Size.Height, FPS: s.FPS, FPSMode: s.FPSMode,
		Sound:     t.soundReport(),
		Machine:   t.quality.machineReport(t.machine),
		Start:     t.starting.report(t.firstFrame),
		Resources: resources(t.meter.Programs(), end.Sub(t.start)),
		Versions:  t.versions(),

		ID: s.ID, Layout: firstText(t.meeting.shownLayout(), s.Layout), Platform: t.plan.Platform,
		Participants: t.meeting.participants(t.position, t.length), Chapters: t.chapters(),
		Pauses: t.pauses(), Segments: len(t.segments.all()), Gaps: t.gaps.report(t.position),
	}
	if s.AudioOnly {
		r.Width, r.Height, r.FPS, r.FPSMode = 0, 0, 0, ""
	}
	if !s.AudioOnly {
		r.Pictures = t.pictureReport(media, seconds)
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
	case t.losses.repeated(capture.Now()):
		return ReasonFailure + ": " + FailureRetries
	}
	return ReasonFailure + ": " + FailureInternal
}

// pictureReport makes the report of the frames.
func (t *take) pictureReport(m media, seconds float64) *PictureReport {
	r := &PictureReport{Encoded: m.Pictures, Painted: -1, Kept: -1}
	for _, s := range t.segments.all() {
		c := s.video.counts()
		r.Captured += c.Captured
		r.Distinct += c.Distinct
		r.Dropped += c.Dropped
		r.LongestFreeze = max(r.LongestFreeze, milliseconds(c.Freeze))
	}
	// What was captured after the last instant of a segment is not shown.
	r.Distinct = min(r.Distinct, r.Encoded)
	r.Repeated = r.Encoded - r.Distinct
	r.DistinctFPS = round(float64(r.Distinct)/max(seconds, 0.001), 2)
	if painted, kept, known := t.quality.paintedFrames(); known {
		r.Painted, r.Kept = painted, round(kept, 1)
	}
	t.rates.report(r, t.position, t.length)
	return r
}

// A recording is not whole when it has less than this share of the frames that
// the page painted, in percent; of a page that hardly moves a few frames more or
// less say nothing.
const (
	keptEnough   = 90
	paintedToSay = 60
)

// judge notes in what way the recording is less than what was asked for.
func (t *take) judge(r *Report) {
	if p := r.Pictures; p != nil {
		switch {
		case p.Lowered > 0:
			t.degraded("the machine was too busy for %d frames a second; the rate went down to %.3g, %.3g on average. Use a lower --resolution or --fps, or more cores", r.FPS, p.LowestFPS, p.MeanFPS)
		case p.Painted >= paintedToSay && p.Kept < keptEnough:
			t.degraded("only %.0f %% of the frames that the page painted are in the recording. Use a lower --resolution or --fps, or more cores", p.Kept)
		}
	}
	if r.Sound.Holes > 0 && r.Sound.Filled >= 100 {
		t.degraded("%.0f ms of audio were not captured and were filled with silence", r.Sound.Filled)
	}
	for _, one := range []struct{ what, missing string }{
		{lostBrowser, "until the room was joined again its last frame stands, and it is silent"},
		{lostDisplay, "until the room was joined again its last frame stands, and it is silent"},
		{lostSound, "until the room was joined again it is silent"},
		{lostEncoder, "the frames that it had not written yet are missing"},
	} {
		if n := t.losses.count(one.what); n > 0 {
			t.degraded("the %s was lost %s; %s", one.what, times(n), one.missing)
		}
	}
	if t.reason == ReasonLost {
		t.degraded("the connection to the room was lost and did not come back within %v", t.settings.ReconnectGrace)
	}
	if want := t.settings.Duration; want > 0 && t.reason != ReasonDuration && t.reason != ReasonAsked && t.reason != ReasonRoomEnded && t.reason != ReasonLastLeft {
		t.degraded("the recording ended after %s instead of %v: %s", shortDuration(r.Seconds), want, t.reason)
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
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
