package expect

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture/inspect"
)

func seen(change func(*Seen)) Seen {
	s := Seen{
		Report: inspect.Report{
			Picture: &inspect.PictureReport{Pictures: 600, DistinctPerSecond: 29.96, LongestFreezeMs: 66.7, LongestFreezeAtSeconds: 3.1},
			Sound:   &inspect.SoundReport{PeakDBFS: -10.4},
		},
		Video: VideoLook{Frames: 600, Changes: [motionParts]int{149, 150, 150, 150}},
		Audio: AudioLook{Windows: 200, Audible: 180},
		Texts: TextsSeen{Seen: map[string]bool{"Hello": true}, Looks: 20},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestJudge(t *testing.T) {
	motion := func(n ...int) func(*Seen) {
		return func(s *Seen) { s.Video.Changes = [motionParts]int(n) }
	}
	for _, test := range []struct {
		name   string
		want   Wanted
		change func(*Seen)
		passed bool
		line   string
	}{
		{"sound", Wanted{Audio: true}, nil, true, "audio: 90 % of the recording is louder than -50 dBFS"},
		{"beeps", Wanted{Audio: true}, func(s *Seen) { s.Audio.Audible = 10 }, true, "audio: 5 % of the recording is louder than -50 dBFS"},
		{"chime", Wanted{Audio: true}, func(s *Seen) { s.Audio.Audible = 9 }, false, "expected audio: 4 % of the recording is louder than -50 dBFS, and 5 % has to be"},
		{"silent", Wanted{Audio: true}, func(s *Seen) { s.Audio.Audible, s.Report.Sound.PeakDBFS = 0, -120 }, false, "expected audio: all of the recording is silent (loudest sample -120 dBFS)"},
		{"no sound", Wanted{Audio: true}, func(s *Seen) { s.Report.Sound = nil }, false, "expected audio: the recording has none"},

		{"motion", Wanted{Motion: true}, nil, true, "motion: the video changes 599 times, in all 4 quarters of the recording"},
		{"slide show", Wanted{Motion: true}, motion(1, 1, 1, 1), true, "motion: the video changes 4 times, in all 4 quarters of the recording"},
		{"frozen", Wanted{Motion: true}, motion(0, 0, 0, 0), false, "expected motion: the video never changes"},
		{"stops", Wanted{Motion: true}, motion(150, 1, 0, 0), false, "expected motion: the video changes 151 times, but only in 2 of 4 quarters of the recording, and not after quarter 2"},
		{"late", Wanted{Motion: true}, motion(0, 1, 2, 3), false, "expected motion: the video changes 6 times, but only in 3 of 4 quarters of the recording"},
		{"blank", Wanted{Motion: true}, func(s *Seen) { s.Video.Blank = 570 }, false, "expected motion: the video is blank (one colour)"},
		{"no picture", Wanted{Motion: true}, func(s *Seen) { s.Report.Picture = nil }, false, "expected motion: the recording has no video"},

		{"rate", Wanted{MinFPS: 20}, nil, true, "at least 20 fps: the page drew 30.0 distinct frames a second"},
		{"whole rate", Wanted{MinFPS: 30}, nil, true, "at least 30 fps: the page drew 30.0 distinct frames a second"},
		{"slow", Wanted{MinFPS: 20}, func(s *Seen) { s.Report.Picture.DistinctPerSecond = 8.06 }, false, "expected at least 20 fps: the page drew 8.1 distinct frames a second"},
		{"busy", Wanted{MinFPS: 20}, func(s *Seen) { s.Report.Picture.DistinctPerSecond, s.LowestFPS = 13.2, 15 }, false, "expected at least 20 fps: the page drew 13.2 distinct frames a second; the machine was too busy to record more than 15 at times"},
		{"no rate", Wanted{MinFPS: 20}, func(s *Seen) { s.Report.Picture = nil }, false, "expected at least 20 fps: the recording has no video"},

		{"flows", Wanted{MaxFreeze: time.Second}, nil, true, "no freeze longer than 1s: the longest lasts 70ms, at 3.1s"},
		{"freezes", Wanted{MaxFreeze: 2 * time.Second}, func(s *Seen) { s.Report.Picture.LongestFreezeMs = 5204 }, false, "expected no freeze longer than 2s: the video stands still for 5.2s, at 3.1s"},
		{"no flow", Wanted{MaxFreeze: time.Second}, func(s *Seen) { s.Report.Picture = nil }, false, "expected no freeze longer than 1s: the recording has no video"},

		{"text", Wanted{Texts: []string{"Hello"}}, nil, true, `text "Hello": the page showed it`},
		{"other text", Wanted{Texts: []string{"Bye"}}, func(s *Seen) { s.Texts.Last = "Hello" }, false, `expected the text "Bye": the page never showed it; at last it showed "Hello"`},
		{"no text", Wanted{Texts: []string{"Bye"}}, nil, false, `expected the text "Bye": the page showed no text at all`},
		{"no look", Wanted{Texts: []string{"Bye"}}, func(s *Seen) { s.Texts.Looks = 0 }, false, `expected the text "Bye": the page could not be asked`},

		{"quiet", Wanted{NoConsoleErrors: true}, nil, true, "no console errors"},
		{"one error", Wanted{NoConsoleErrors: true}, func(s *Seen) { s.Console = ConsoleSeen{Errors: []string{"exception: Error: a\n  at b"}, Total: 1} }, false, "expected no console errors: the page wrote 1: exception: Error: a"},
		{"errors", Wanted{NoConsoleErrors: true}, func(s *Seen) { s.Console = ConsoleSeen{Errors: []string{"error: a", "error: b"}, Total: 70} }, false, "expected no console errors: the page wrote 70, the first: error: a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := Judge(test.want, seen(test.change))
			if len(out) != 1 || out[0].Passed != test.passed || out[0].Line != test.line {
				t.Errorf("got %+v\nwant %v %q", out, test.passed, test.line)
			}
			if !test.want.Any() {
				t.Error("nothing is wanted")
			}
		})
	}
}

// What failed says where in the recording to look.
func TestJudgeTellsTheInstant(t *testing.T) {
	s := seen(func(s *Seen) {
		p := s.Report.Picture
		p.StartSeconds, p.EndSeconds, p.LongestFreezeMs, p.SlowestAtSeconds = 0, 20, 5000, 11
		p.DistinctPerSecond = 1
		s.Audio.Audible, s.Audio.Last = 1, 1500*time.Millisecond
		s.Video.Changes = [motionParts]int{9, 9, 0, 9}
		s.Console, s.ConsoleAt = ConsoleSeen{Errors: []string{"error: a"}, Total: 1}, 2*time.Second
	})
	all := Wanted{Audio: true, Motion: true, MinFPS: 20, MaxFreeze: time.Second, Texts: []string{"Hello", "Bye"}, NoConsoleErrors: true}
	var at []float64
	for _, o := range Judge(all, s) {
		at = append(at, o.At)
	}
	if diff := cmp.Diff([]float64{1.5, 10, 11, 3.1, Nowhere, Nowhere, 2}, at); diff != "" {
		t.Error(diff)
	}
	s.Video.Blank = 600
	if out := Judge(Wanted{Motion: true}, s); out[0].At != 0 {
		t.Errorf("a blank page: %+v", out)
	}
}

func TestVerdict(t *testing.T) {
	all := Wanted{Audio: true, Motion: true, MinFPS: 20, MaxFreeze: time.Second, Texts: []string{"Hello", "Bye"}, NoConsoleErrors: true}
	out := Judge(all, seen(nil))
	var names []string
	for _, o := range out {
		names = append(names, o.Name)
	}
	if diff := cmp.Diff([]string{"expect-audio", "expect-motion", "min-fps", "max-freeze", `expect-text "Hello"`, `expect-text "Bye"`, "expect-no-console-errors"}, names); diff != "" {
		t.Error(diff)
	}
	var b *Broken
	if err := Verdict(out); !errors.As(err, &b) || err.Error() != `expected the text "Bye": the page showed no text at all` || b.FaultClass() != "expectation" || b.FaultHint() == "" {
		t.Errorf("one broken: %v", err)
	}
	out[0].Passed, out[0].Line = false, "expected audio: none"
	if err := Verdict(out); err == nil || err.Error() != "2 of 7 expectations are broken:\n  expected audio: none\n  expected the text \"Bye\": the page showed no text at all" {
		t.Errorf("two broken: %v", err)
	}
	if err := Verdict(Judge(Wanted{Audio: true}, seen(nil))); err != nil {
		t.Errorf("none broken: %v", err)
	}
	if (Wanted{}).Any() || len(Judge(Wanted{}, Seen{})) > 0 {
		t.Error("nothing was wanted, but something is expected")
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		want      Wanted
		audioOnly bool
		says      string // "" for nothing
	}{
		{Wanted{Audio: true, Texts: []string{"a"}, NoConsoleErrors: true}, true, ""},
		{Wanted{Motion: true, MinFPS: 30, MaxFreeze: time.Second}, false, ""},
		{Wanted{Motion: true}, true, "--audio-only"},
		{Wanted{MinFPS: 1}, true, "--audio-only"},
		{Wanted{MaxFreeze: 1}, true, "--audio-only"},
		{Wanted{MinFPS: 31}, false, "--min-fps is 31, more than the 30"},
		{Wanted{MinFPS: -1}, false, "--min-fps is -1"},
		{Wanted{MaxFreeze: -time.Second}, false, "--max-freeze is -1s"},
		{Wanted{Texts: []string{"a", " "}}, false, "--expect-text has no text"},
	} {
		err := test.want.Check(30, test.audioOnly)
		if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v", test.want, err)
		}
	}
}
