//go:build e2e

package e2e

import (
	"math"
	"slices"
	"strings"
	"time"

	"beam/beam"
	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
)

// outcome is what happened to a recording with a fault, by the wall clock of the
// test.
type outcome struct {
	fault
	at              []time.Time // of each fault
	repaired, asked time.Time   // asked to end
	paused, resumed time.Time   // zero without a pause
}

const (
	gapLimit   = 8 * time.Second // for each fault
	gapPlace   = 1.5             // seconds by which a gap may be told at a wrong place
	sameOffset = 60.0            // ms
)

// judge judges the file and the report.
func (o outcome) judge(r *recording) {
	r.t.Helper()
	report := r.report()
	q := r.kept(0)
	o.judgeLength(r, report, q)
	o.judgeGaps(r, report)
	got, err := avsync.JudgeReloaded(limited(r.t), inspect.Tools{}, r.out)
	if err != nil {
		r.t.Fatal(err)
	}
	o.judgeMotion(r, report, got)
	o.judgeSync(r, report, got)
	if report.StopReason != beam.ReasonAsked || report.Fault != "" || len(report.Degraded) == 0 || len(report.Notices) == 0 {
		r.t.Errorf("stopped by %q, fault %q, degraded %q, notices %q", report.StopReason, report.Fault, report.Degraded, report.Notices)
	}
}

// judgeLength checks that the file is an ordinary one, and as long as the
// recording was.
func (o outcome) judgeLength(r *recording, report beam.Report, q inspect.Report) {
	r.t.Helper()
	if q.File.MP4 == nil || q.File.MP4.Fragmented || !q.File.MP4.MoovFirst {
		r.t.Errorf("the file was not finished: %+v", q.File.MP4)
	}
	want := o.asked.Sub(report.StartedAt) - o.resumed.Sub(o.paused)
	for what, seconds := range map[string]float64{"file": q.File.DurationSeconds, "audio": q.Sound.DurationSeconds} {
		if math.Abs(seconds-report.Seconds) > 0.15 {
			r.t.Errorf("the %s lasts %.2f s, the report says %.2f s", what, seconds, report.Seconds)
		}
	}
	// The signals and commands take their time on a busy machine.
	if math.Abs(report.Seconds-want.Seconds()) > 1 {
		r.t.Errorf("the recording lasts %.2f s, and was under way for %.2f s", report.Seconds, want.Seconds())
	}
}

// longest returns how long the page may stand still: gapLimit for each fault. A
// machine that is slow, or busy with other things, takes longer for all that a
// repair does again; there it is four times what that took when this recording
// began.
func (o outcome) longest(report beam.Report) time.Duration {
	start := time.Duration(report.Start.Ready * float64(time.Second))
	return time.Duration(len(o.at)) * max(gapLimit, 4*start)
}

// place returns where in the file an instant is.
func (o outcome) place(report beam.Report, at time.Time) float64 {
	if !o.paused.IsZero() && at.After(o.paused) {
		at = o.paused
	}
	return at.Sub(report.StartedAt).Seconds()
}

// judgeGaps checks that the report names what was lost, where, and why.
func (o outcome) judgeGaps(r *recording, report beam.Report) {
	r.t.Helper()
	for _, g := range report.Gaps {
		r.t.Logf("gap at %.2f s, %.2f s: %s: %s", g.At, g.Seconds, g.Lost, g.Cause)
		if g.Cause == "" || strings.Contains(g.Cause, "\n") || g.Seconds < 0 {
			r.t.Errorf("gap %+v", g)
		}
		if limit := o.longest(report); g.Seconds > limit.Seconds() {
			r.t.Errorf("the %s was missing for %.2f s, want at most %v", g.Lost, g.Seconds, limit)
		}
	}
	at := o.place(report, o.at[0])
	r.t.Logf("%s at %.2f s of the file", o.fault, at)
	lost := o.first().lost
	i := slices.IndexFunc(report.Gaps, func(g beam.GapReport) bool { return slices.Contains(lost, g.Lost) })
	if i < 0 {
		r.t.Errorf("the gaps are %+v, want one of %q", report.Gaps, lost)
		return
	}
	if g := report.Gaps[i]; at < g.At-gapPlace || at > g.At+g.Seconds+gapPlace {
		r.t.Errorf("%s at %.2f s of the file; the report tells of %.2f s to %.2f s", o.fault, at, g.At, g.At+g.Seconds)
	}
	if most := len(o.at); len(report.Gaps) > most {
		r.t.Errorf("%d gaps of %d faults", len(report.Gaps), most)
	}
}

// judgeMotion checks that the page was seen to move on.
func (o outcome) judgeMotion(r *recording, report beam.Report, got avsync.Reloaded) {
	r.t.Helper()
	r.t.Logf("%d loads of the page, %.1f distinct a second, longest freeze %.2f s at %.2f s, %d unreadable; start %.2f s",
		len(got.Loads), got.DistinctPerSecond, got.LongestFreezeMs/1000, got.LongestFreezeAtS, got.Unreadable, report.Start.Ready)
	if limit := o.longest(report); got.LongestFreezeMs > milliseconds(limit) {
		r.t.Errorf("the page stood still for %.2f s, want at most %v", got.LongestFreezeMs/1000, limit)
	}
	// Neither the start nor the loading of another page is seen.
	if got.Unreadable > 2 {
		r.t.Errorf("%d pictures show no clock", got.Unreadable)
	}
	for _, load := range got.Loads {
		if load.Backwards > 0 {
			r.t.Errorf("the clock went back %d times", load.Backwards)
		}
	}
	last := got.Loads[len(got.Loads)-1]
	if last.Distinct < 30 {
		r.t.Errorf("%d pictures after the fault", last.Distinct)
	}
}

// judgeSync compares the sound with the picture before and after the fault. A
// beep can be late by as long as Chrome's audio threads waited for a processor,
// which is not held against Beam.
func (o outcome) judgeSync(r *recording, report beam.Report, got avsync.Reloaded) {
	r.t.Helper()
	from, to := o.place(report, o.at[0]), 0.0
	for _, g := range report.Gaps {
		from, to = min(from, g.At), max(to, g.At+g.Seconds)
	}
	if !o.paused.IsZero() {
		to = from // nothing was lost of the file
	}
	var before, after []float64           // offsets
	var clockBefore, clockAfter []float64 // pictures
	for _, load := range got.Loads {
		var pictures, beeps []float64 // ms of the file less ms of the page's clock
		for _, s := range load.Seconds {
			beeps = append(beeps, s.FileSeconds*1000-float64(s.PageSecond)*1000)
			pictures = append(pictures, beeps[len(beeps)-1]-s.OffsetMs)
			switch {
			case s.FileSeconds < from-0.5:
				before = append(before, s.OffsetMs)
				clockBefore = append(clockBefore, pictures[len(pictures)-1])
			case s.FileSeconds > to+0.5:
				after = append(after, s.OffsetMs)
				clockAfter = append(clockAfter, pictures[len(pictures)-1])
			}
		}
		r.t.Logf("file against the page's clock: pictures %.0f, beeps %.0f", pictures, beeps)
	}
	waited := 1000 * report.Machine.RunDelay["chrome"] // ms; of the threads that a sound passes
	r.t.Logf("offsets before %.0f, after %.0f; Chrome's audio waited %.0f ms for a processor and is played %.0f ms late",
		before, after, waited, report.Sound.Late.Playback)
	if len(before) < 1 || len(after) < 2 {
		r.t.Errorf("offsets before %.0f, after %.0f: too few beeps", before, after)
		return
	}
	allowed := sameOffset + waited
	for when, offsets := range map[string][]float64{"before": before, "after": after} {
		if apart := steadyOffsets(offsets); apart > allowed {
			r.t.Errorf("the offsets %s the fault are %.0f: %.0f ms apart", when, offsets, apart)
		}
	}
	// Which second a beep belongs to is told by every tenth one; in the few seconds
	// of a load that is one beep, which Chrome may have played late while its sound
	// began. So the offsets are compared within half a second.
	if apart := math.Abs(math.Remainder(median(before)-median(after), 1000)); apart > allowed {
		r.t.Errorf("the offset is %.0f ms before the fault and %.0f ms after it", median(before), median(after))
	}
	// The clock of a page that was there before and after goes on with the file.
	if o.first().name != "ffmpeg" {
		return
	}
	if apart := math.Abs(median(clockBefore) - median(clockAfter)); apart > sameOffset || len(got.Loads) != 1 {
		r.t.Errorf("%d loads of the page; its clock is %.0f ms apart from the file's before the fault and %.0f ms after it",
			len(got.Loads), median(clockBefore), median(clockAfter))
	}
}

// steadyOffsets returns by how much offsets differ, in ms, without the one that
// is farthest from the others where there are more than two: where the machine
// is busy, the page itself is late with a beep now and then.
func steadyOffsets(offsets []float64) float64 {
	s := slices.Sorted(slices.Values(offsets))
	n := len(s)
	if n < 3 {
		return s[n-1] - s[0]
	}
	return min(s[n-1]-s[1], s[n-2]-s[0])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
