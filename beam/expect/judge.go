package expect

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"beam/capture/inspect"
)

// Seen is what a recording turned out to be.
type Seen struct {
	Report  inspect.Report // of the decoded file
	Video   VideoLook      // with Wanted.Motion
	Audio   AudioLook      // with Wanted.Audio
	Texts   TextsSeen
	Console ConsoleSeen
	// ConsoleAt is when the page wrote its first error, on the recording's time.
	ConsoleAt time.Duration
	// LowestFPS is the rate that the recorder went down to because the machine
	// was too busy, 0 when it did not. It excuses nothing, but explains.
	LowestFPS float64
}

// VideoLook is what inspect's report does not tell of the frames.
type VideoLook struct {
	Frames  int
	Blank   int              // frames of one colour
	Changes [motionParts]int // in each part of the recording, of one length
}

// AudioLook is what inspect's report does not tell of the audio.
type AudioLook struct {
	Windows int           // of 100 ms
	Audible int           // of them, louder than -50 dBFS
	Last    time.Duration // the end of the last of these, in the file
}

// The bounds of Wanted.
const (
	motionParts  = 4
	blankShare   = 0.95
	audibleDBFS  = -50
	audibleShare = 0.05
)

// Outcome is how one expectation turned out.
type Outcome struct {
	Name   string `json:"name"` // as the flag, without its dashes; texts have their text behind it
	Passed bool   `json:"passed"`
	Line   string `json:"line"` // for people, with the figure and its bound
	// At is where in the recording to look, in seconds: from when on it was silent or
	// did not change, where it stood still for longest, the slowest second, the first
	// error. -1 when it passed, and for a text, which is missing everywhere.
	At float64 `json:"at_seconds"`
}

// Nowhere is Outcome.At where there is no such instant.
const Nowhere = -1

// Judge holds what was seen against what was wanted. There is one outcome for
// each expectation, in a steady order.
func Judge(w Wanted, s Seen) []Outcome {
	var out []Outcome
	add := func(name string, passed bool, line string, at float64) {
		if passed {
			at = Nowhere
		}
		out = append(out, Outcome{Name: name, Passed: passed, Line: line, At: math.Round(1000*at) / 1000})
	}
	if w.Audio {
		passed, line := judgeAudio(s)
		add("expect-audio", passed, line, s.Audio.Last.Seconds())
	}
	if w.Motion {
		passed, line := judgeMotion(s)
		add("expect-motion", passed, line, stillSince(s))
	}
	if w.MinFPS > 0 {
		passed, line := judgeRate(w.MinFPS, s)
		add("min-fps", passed, line, ofVideo(s, func(p *inspect.PictureReport) float64 { return p.SlowestAtSeconds }))
	}
	if w.MaxFreeze > 0 {
		passed, line := judgeFreeze(w.MaxFreeze, s)
		add("max-freeze", passed, line, ofVideo(s, func(p *inspect.PictureReport) float64 { return p.LongestFreezeAtSeconds }))
	}
	for _, text := range w.Texts {
		passed, line := judgeText(text, s.Texts)
		add("expect-text "+strconv.Quote(text), passed, line, Nowhere)
	}
	if w.NoConsoleErrors {
		passed, line := judgeConsole(s.Console)
		add("expect-no-console-errors", passed, line, s.ConsoleAt.Seconds())
	}
	return out
}

// Failed returns the outcomes that did not pass.
func Failed(outcomes []Outcome) []Outcome {
	var out []Outcome
	for _, o := range outcomes {
		if !o.Passed {
			out = append(out, o)
		}
	}
	return out
}

const noVideo = "the recording has no video"

func judgeAudio(s Seen) (bool, string) {
	const what = "expected audio: "
	if s.Report.Sound == nil || s.Audio.Windows == 0 {
		return false, what + "the recording has none"
	}
	share := float64(s.Audio.Audible) / float64(s.Audio.Windows)
	figure := fmt.Sprintf("%.0f %% of the recording is louder than %d dBFS", math.Floor(100*share), audibleDBFS)
	switch {
	case share >= audibleShare:
		return true, "audio: " + figure
	case s.Audio.Audible == 0:
		return false, what + fmt.Sprintf("all of the recording is silent (loudest sample %.0f dBFS)", s.Report.Sound.PeakDBFS)
	}
	return false, what + figure + fmt.Sprintf(", and %.0f %% has to be", 100*audibleShare)
}

func judgeMotion(s Seen) (bool, string) {
	const what = "expected motion: "
	p := s.Video
	if s.Report.Picture == nil || p.Frames == 0 {
		return false, what + noVideo
	}
	if float64(p.Blank) >= blankShare*float64(p.Frames) {
		return false, what + "the video is blank (one colour)"
	}
	moving, changes := 0, 0
	for _, n := range p.Changes {
		changes += n
		if n > 0 {
			moving++
		}
	}
	switch {
	case moving == motionParts:
		return true, fmt.Sprintf("motion: the video changes %d times, in all %d quarters of the recording", changes, motionParts)
	case moving == 0:
		return false, what + "the video never changes"
	}
	return false, what + fmt.Sprintf("the video changes %d times, but only in %d of %d quarters of the recording%s", changes, moving, motionParts, since(p.Changes))
}

// ofVideo returns an instant of the video, 0 where there is none.
func ofVideo(s Seen, at func(*inspect.PictureReport) float64) float64 {
	if s.Report.Picture == nil {
		return 0
	}
	return at(s.Report.Picture)
}

// stillSince returns where the first quarter begins in which nothing changes, in
// seconds; 0 where the video is of one colour.
func stillSince(s Seen) float64 {
	p := s.Report.Picture
	if p == nil || float64(s.Video.Blank) >= blankShare*float64(s.Video.Frames) {
		return 0
	}
	for i, n := range s.Video.Changes {
		if n == 0 {
			return p.StartSeconds + float64(i)*(p.EndSeconds-p.StartSeconds)/motionParts
		}
	}
	return 0
}

// since tells of motion that ended for good.
func since(changes [motionParts]int) string {
	last := 0
	for i, n := range changes {
		if n > 0 {
			last = i
		}
	}
	if last == motionParts-1 {
		return ""
	}
	return fmt.Sprintf(", and not after quarter %d", last+1)
}

func judgeRate(least float64, s Seen) (bool, string) {
	if s.Report.Picture == nil {
		return false, fmt.Sprintf("expected at least %g fps: %s", least, noVideo)
	}
	// As it is printed, so that no line says that 20.0 is less than 20.
	rate := math.Round(10*s.Report.Picture.DistinctPerSecond) / 10
	if rate >= least {
		return true, fmt.Sprintf("at least %g fps: the page drew %.1f distinct frames a second", least, rate)
	}
	line := fmt.Sprintf("expected at least %g fps: the page drew %.1f distinct frames a second", least, rate)
	if s.LowestFPS > 0 {
		line += fmt.Sprintf("; the machine was too busy to record more than %.0f at times", s.LowestFPS)
	}
	return false, line
}

func judgeFreeze(most time.Duration, s Seen) (bool, string) {
	p := s.Report.Picture
	if p == nil {
		return false, fmt.Sprintf("expected no freeze longer than %v: %s", most, noVideo)
	}
	longest := time.Duration(p.LongestFreezeMs * float64(time.Millisecond)).Round(10 * time.Millisecond)
	at := time.Duration(p.LongestFreezeAtSeconds * float64(time.Second)).Round(100 * time.Millisecond)
	if longest <= most {
		return true, fmt.Sprintf("no freeze longer than %v: the longest lasts %v, at %v", most, longest, at)
	}
	return false, fmt.Sprintf("expected no freeze longer than %v: the video stands still for %v, at %v", most, longest, at)
}

func judgeText(text string, s TextsSeen) (bool, string) {
	if s.Seen[text] {
		return true, fmt.Sprintf("text %q: the page showed it", text)
	}
	line := fmt.Sprintf("expected the text %q: ", text)
	switch {
	case s.Looks == 0:
		return false, line + "the page could not be asked"
	case s.Last == "":
		return false, line + "the page showed no text at all"
	}
	return false, line + fmt.Sprintf("the page never showed it; at last it showed %q", s.Last)
}

func judgeConsole(s ConsoleSeen) (bool, string) {
	switch s.Total {
	case 0:
		return true, "no console errors"
	case 1:
		return false, fmt.Sprintf("expected no console errors: the page wrote 1: %s", firstLine(s.Errors))
	}
	return false, fmt.Sprintf("expected no console errors: the page wrote %d, the first: %s", s.Total, firstLine(s.Errors))
}
