package beam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"beam/beam/expect"
	"beam/beam/fault"
	"beam/beam/report"
	"beam/beam/roster"
	"beam/beam/source"
	"beam/beam/storage"
	"beam/beam/vod"
	"beam/capture"
	"beam/capture/encode"
	"beam/capture/mp4"
	"beam/layout"
)

// finish finishes the file, makes the report, and brings both to the bucket where
// there is one.
func (r *run) finish(hard context.Context, end capture.Time) (*report.Report, error) {
	r.rates.meter.Sample(false)
	length := r.timeline.recorded()
	chapters := roster.Chapters(r.roster.Marks(), r.timeline.position)
	finished := true
	media, err := r.output.Finish(hard, length, r.transfer.Untouched(), mp4.Metadata{
		Encoder: "beam " + r.settings.Version, Created: r.startedAt(), Chapters: fileChapters(chapters),
	})
	switch {
	case errors.Is(err, encode.ErrNoMedia):
		r.output.Discard()
		r.transfer.Discard(hard, r.log)
		return nil, unfinished(err, r.fault, r.reason)
	case err != nil:
		// What is on the disk plays as it is, and goes up as it is.
		if media.Bytes = onDisk(r.settings.Output); media.Bytes == 0 {
			return nil, unfinished(err, r.fault, r.reason)
		}
		r.fault, err = unfinished(err, r.fault, r.reason), nil
		finished = false
		r.events.degrade("the file could not be finished; it plays, but can't be searched well: beam recover FILE finishes it")
	}
	apart := r.closeTracks()
	rep := r.makeReport(end, media, chapters)
	r.doubt(hard, rep)
	broken := r.expectations(hard, rep)
	files := storage.SideFiles(rep, r.roster.Chat())
	files = append(files, r.playlists(rep)...)
	storage.WriteSideFiles(r.settings.Output, files, rep.Mode, r.log)
	r.writeReport(rep)
	if r.transfer != nil {
		r.events.enter(StateUploading)
		tell := func() { r.progress.tellUpload(rep.Bytes, rep.Seconds) }
		err = r.transfer.Complete(hard, rep, files, tell, r.events.degrade, r.log)
		r.writeReport(rep) // now with the upload
	}
	r.exportTracks(hard, apart, rep)
	if r.settings.afterwards() && finished {
		r.afterwards(hard, rep)
	}
	r.awaitPredecessors(rep)
	r.writeReport(rep) // now with all that came after
	if err != nil || r.fault != nil {
		return rep, errors.Join(err, r.fault)
	}
	r.events.enter(StateCompleted)
	return rep, broken
}

// awaitPredecessors waits until what earlier recorders left is recovered, and puts into
// the report what became of it.
func (r *run) awaitPredecessors(rep *report.Report) {
	before := r.opening.before
	before.wait()
	rep.Part, rep.Continues = before.report()
	_, told := r.events.told()
	for _, text := range before.shortcomings() {
		if !slices.Contains(told, text) {
			r.events.degrade(text)
		}
	}
}

// doubt keeps what is known of a page that had no media while requests of it were
// refused: it may never have become the room that it was to be.
func (r *run) doubt(hard context.Context, rep *report.Report) {
	refused := r.opening.pages.Refused()
	if refused == 0 || !strings.HasPrefix(rep.ReadyReason, layout.ReadyLoaded) || rep.Sound.PeakDBFS > report.SilenceDBFS {
		return
	}
	dir := report.FailurePath(r.settings.Output)
	if err := r.opening.writeDiagnosis(hard, dir, fmt.Errorf("the page had no media, and %d of its requests were refused", refused)); err != nil {
		r.log.Warn("no diagnosis written", "error", err)
		return
	}
	r.events.notice("%d requests of the page were refused, and it had no media: if it was to be a room, %s tells what it lacked", refused, dir)
}

// unfinished returns the fault of a file that could not be finished, of a
// recording that ended for a reason, and perhaps by a fault: that one tells more,
// unless it is the complaint of an encoder that was given nothing because the
// user stopped at once.
func unfinished(err, cause error, reason string) error {
	if !errors.Is(err, encode.ErrNoMedia) {
		return fault.First(cause, &fault.Fault{Class: fault.ClassEncoder, Op: "finish the file", Err: err})
	}
	if reason == ReasonAsked {
		cause = nil
	}
	return fault.First(cause, &fault.Fault{Class: fault.ClassEmpty, Op: "record", Err: errors.New("nothing was recorded: the recording was stopped before the first frames and audio were encoded")})
}

// expectations judges the finished file, and lets it be drawn.
func (r *run) expectations(hard context.Context, rep *report.Report) error {
	s := r.settings
	if !s.Expect.Any() && s.Finished == nil {
		return nil
	}
	tools, err := DecodeTools(r.opening.tools)
	if err == nil && s.Finished != nil {
		drawn, err := s.Finished(hard, tools, s.Output)
		rep.ContactSheet, rep.Thumbnail = drawn.ContactSheet, drawn.Thumbnail
		if err != nil {
			r.events.notice("%v", err)
		}
	}
	if err != nil || !s.Expect.Any() {
		return err
	}
	seen, err := r.watch.Look(hard, tools, s.Output)
	if err != nil {
		return err
	}
	if p := rep.Pictures; p != nil && p.Lowered > 0 {
		seen.LowestFPS = p.LowestFPS
	}
	seen.ConsoleAt = r.timeline.position(seen.Console.First)
	rep.Expectations, rep.Console = expect.Judge(s.Expect, seen), &seen.Console
	return expect.Verdict(rep.Expectations)
}

// playlists returns those that were asked for, and names the one to open in the
// report.
func (r *run) playlists(rep *report.Report) []storage.SideFile {
	if r.settings.VOD == vod.Off && !r.settings.Zip {
		return nil
	}
	files, err := storage.Playlists(rep, r.settings.Output, r.output.Index())
	if err != nil {
		r.events.degrade("there is no playlist: " + err.Error())
	}
	return files
}

// writeReport writes the report beside the file, with what was noticed by now.
func (r *run) writeReport(rep *report.Report) {
	r.events.tell(rep)
	if err := rep.Write(report.Path(r.settings.Output)); err != nil {
		r.events.notice("the report could not be written: %v", err)
	}
}

// startedAt returns when the recording began.
func (r *run) startedAt() time.Time { return wallClock(r.start).UTC().Round(time.Millisecond) }

// makeReport puts the figures of the recording together.
func (r *run) makeReport(end capture.Time, media encode.Media, chapters []report.Chapter) *report.Report {
	s, o := r.settings, r.opening
	segments, length := r.timeline.all(), r.timeline.recorded()
	engineReason, changes := r.engines.history()
	rep := &report.Report{
		Beam: s.Version, Room: report.RedactURL(s.Room), Output: s.Output, Bytes: media.Bytes,
		StartedAt: r.startedAt(), Seconds: report.Round(media.Duration.Seconds(), 3),
		StopReason: stopReason(r.reason, r.losses.Repeated(capture.Now())), ReadyReason: o.readyReason, FirstFrame: report.Round(r.first.took.Seconds(), 2),
		Engine: segments[0].engine, EngineReason: engineReason, EngineChanges: changes, Preset: o.preset,
		Width: s.Size.Width, Height: s.Size.Height, FPS: s.FPS, FPSMode: s.FPSMode,
		Sound:     r.audioReport(segments),
		Machine:   r.rates.quality.machineReport(o.machine),
		Start:     o.starting.report(r.first.took),
		Resources: resources(r.rates.meter.Programs(), end.Sub(r.start)),
		Versions:  o.versions(),

		ID: s.ID, Layout: cmp.Or(r.roster.ShownLayout(), s.shownLayout()), Platform: o.plan.Platform,
		Participants: r.roster.Participants(r.timeline.position, length), Chapters: chapters,
		Pauses: r.timeline.pauses(), Segments: len(segments), Gaps: r.gaps.Report(r.timeline.position),
	}
	rep.Machine.Memory = r.memory.report()
	if s.AudioOnly {
		rep.Width, rep.Height, rep.FPS, rep.FPSMode = 0, 0, 0, ""
	} else {
		rep.Pictures = r.videoReport(segments, media, length)
	}
	for _, text := range append(shortcomings(rep, r.losses.Count, r.reason, s.Config), o.before.shortcomings()...) {
		r.events.degrade(text)
	}
	rep.Part, rep.Continues = o.before.report()
	if r.fault != nil {
		rep.Fault = r.fault.Error()
	}
	rep.Secrets, rep.Mode = o.secrets, s.FileMode
	r.events.tell(rep)
	return rep
}

// stopReason returns why a recording ended, for the report; repeated tells that
// something was lost more often than it may be.
func stopReason(reason string, repeated bool) string {
	switch {
	case reason != ReasonFailure:
		return reason
	case repeated:
		return ReasonFailure + ": " + FailureRetries
	}
	return ReasonFailure + ": " + FailureInternal
}

// A recording is not whole when it has less than this share of the frames that
// the page painted, in percent; of a page that hardly moves a few frames more or
// less say nothing.
const (
	keptEnough   = 90
	paintedToSay = 60
)

// shortcomings returns in what ways a recording is less than what was asked for;
// lost returns how often something was lost, reason is why it ended.
func shortcomings(r *report.Report, lost func(what string) int, reason string, asked Config) (texts []string) {
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	if p := r.Pictures; p != nil {
		switch {
		case p.Lowered > 0:
			add("the machine was too busy for %d frames a second; the rate went down to %.3g, %.3g on average. Use a lower --resolution or --fps, or more cores", r.FPS, p.LowestFPS, p.MeanFPS)
		case p.Painted >= paintedToSay && p.Kept < keptEnough:
			add("only %.0f %% of the frames that the page painted are in the recording. Use a lower --resolution or --fps, or more cores", p.Kept)
		}
	}
	if r.Sound.Holes > 0 && r.Sound.Filled >= 100 {
		add("%.0f ms of audio were not captured and were filled with silence", r.Sound.Filled)
	}
	for _, one := range []struct{ what, missing string }{
		{source.LostBrowser, "until the room was joined again its last frame stands, and it is silent"},
		{source.LostDisplay, "until the room was joined again its last frame stands, and it is silent"},
		{source.LostSound, "until the room was joined again it is silent"},
		{source.LostEncoder, "the frames that it had not written yet are missing"},
	} {
		if n := lost(one.what); n > 0 {
			add("the %s was lost %s; %s", one.what, times(n), one.missing)
		}
	}
	if n := lost(source.LostMemory); n > 0 {
		add("memory ran out %s, and the browser was started anew; until the room was joined again its last frame stands, and it is silent. Give the recording more memory", times(n))
	}
	if reason == ReasonLost {
		add("the connection to the room was lost and did not come back within %v", asked.ReconnectGrace)
	}
	if want := asked.Duration; want > 0 && reason != ReasonDuration && reason != ReasonAsked && reason != ReasonRoomEnded && reason != ReasonLastLeft {
		add("the recording ended after %s instead of %v: %s", shortDuration(r.Seconds), want, reason)
	}
	return texts
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

// mostChapters is how many chapters an MP4 file can list.
const mostChapters = 255

// fileChapters returns those that fit into the file.
func fileChapters(list []report.Chapter) []mp4.Chapter {
	var out []mp4.Chapter
	for _, c := range list[:min(len(list), mostChapters)] {
		out = append(out, mp4.Chapter{At: time.Duration(c.At * float64(time.Second)), Title: c.Text})
	}
	return out
}
