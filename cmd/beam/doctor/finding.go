package doctor

import (
	"errors"
	"fmt"
	"strings"

	"beam/capture"
)

// Status tells how bad a finding is.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // recordings work, but less well or not all of them
	Problem Status = "problem" // recordings can't work
)

// Finding is what was found out about one topic.
type Finding struct {
	ID     string         `json:"id"`    // of the topic; part of the interface
	Title  string         `json:"title"` // of the topic, for people
	Status Status         `json:"status"`
	Found  string         `json:"found"`          // one line
	Fix    string         `json:"fix,omitempty"`  // what to do, with the command; one line
	Data   map[string]any `json:"data,omitempty"` // the same in figures
}

// The topics.
const (
	Temp       = "temp"
	Chrome     = "chrome"
	Sandbox    = "sandbox"
	FFmpeg     = "ffmpeg"
	PulseAudio = "pulseaudio"
	Xvfb       = "xvfb"
	Fonts      = "fonts"
	SharedMem  = "shm"
	Cores      = "cores"
	Memory     = "memory"
	Disk       = "disk"
	Clock      = "clock"
	Screencast = "recording-screencast"
	X11        = "recording-x11"
	LipSync    = "lip-sync"
	Recording  = "recording" // none could be tried
)

// String returns the finding for people: a line, and a second one with what to
// do.
func (f Finding) String() string {
	mark := map[Status]string{OK: "ok  ", Warning: "warn", Problem: "FAIL"}[f.Status]
	text := fmt.Sprintf("%s  %-22s %s", mark, f.Title, f.Found)
	if f.Fix != "" {
		text += "\n      fix: " + f.Fix
	}
	return text
}

// Verdict returns nil when recordings can work, and otherwise a *capture.Fault
// of the class environment that names what is in their way.
func Verdict(all []Finding) error {
	var titles []string
	for _, f := range all {
		if f.Status == Problem {
			titles = append(titles, f.Title)
		}
	}
	if len(titles) == 0 {
		return nil
	}
	return &capture.Fault{
		Class: capture.ClassEnvironment, Op: "examine this machine",
		Err:  fmt.Errorf("recording can't work here: %s", strings.Join(titles, ", ")),
		Hint: "each line marked FAIL says what to do",
	}
}

// hinted is implemented by the faults of the packages below.
type hinted interface{ FaultHint() string }

// fixFor returns the hint of an error, or instead where it has none or sends
// the user here.
func fixFor(err error, instead string) string {
	var h hinted
	if errors.As(err, &h) && h.FaultHint() != "" && !strings.Contains(h.FaultHint(), "beam doctor") {
		return oneLine(h.FaultHint())
	}
	return instead
}

// longestText is how much of what a program said is passed on, in bytes.
const longestText = 400

// oneLine returns an error's text, or another, as one line of bounded length.
func oneLine(what any) string {
	var lines []string
	for line := range strings.Lines(fmt.Sprint(what)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	text := strings.ToValidUTF8(strings.Join(lines, " | "), "?")
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + " ..."
	}
	return text
}
