package github

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"beam/beam"
	"beam/beam/expect"
)

// hostile is what a page writes that wants to be taken for the workflow.
const hostile = "x\n::error::forged\r\n::set-output name=a::b\x1b[2J##[error]forged %0A::warning::forged\u2028::notice::x\u202e | <img src=//evil> [a](http://evil) www.evil.example @team `code` $x$ :boom:"

func smoke() Run {
	outcomes := []expect.Outcome{
		{Name: "expect-audio", Passed: true, Line: "audio: 90 % of the recording is louder than -50 dBFS", At: expect.Nowhere},
		{Name: "min-fps", Line: "expected at least 20 fps: the page drew 8.1 distinct frames a second", At: 71.25},
		{Name: `expect-text "` + hostile + `"`, Line: hostile, At: expect.Nowhere},
	}
	return Run{
		Page: "http://localhost:3000/", Err: expect.Verdict(outcomes), Code: 4, JUnit: "junit.xml",
		Report: &beam.Report{
			Output: "smoke.mp4", Seconds: 80, StopReason: "duration", Width: 1280, Height: 720, Expectations: outcomes,
			Pictures: &beam.VideoReport{DistinctFPS: 8.1, Kept: 99.5, LongestFreeze: 400}, ContactSheet: "sheet.png", Thumbnail: "small.jpg",
			Console: &expect.ConsoleSeen{Errors: []string{"error: " + hostile}, Total: 30},
			Upload:  &beam.UploadReport{URL: "s3://b/smoke.mp4", ReportURL: "s3://b/smoke.json", Beside: []string{"s3://b/smoke.contact-sheet.png"}},
		},
	}
}

func summary(t *testing.T, r Run) string {
	t.Helper()
	var b strings.Builder
	if err := Summary(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func annotations(t *testing.T, r Run) []string {
	t.Helper()
	var b strings.Builder
	if err := Annotations(&b, r); err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// shown returns Markdown with its character references as a reader sees them.
func shown(text string) string {
	return regexp.MustCompile(`&#(\d+);`).ReplaceAllStringFunc(text, func(ref string) string {
		var r rune
		if _, err := fmt.Sscanf(ref, "&#%d;", &r); err != nil {
			return ref
		}
		return string(r)
	})
}

func TestSummary(t *testing.T) {
	text := shown(summary(t, smoke()))
	for _, want := range []string{
		"### Beam: http://localhost:3000/\n",
		"❌ **Failed** (exit code 4): 2 of 3 expectations are broken\n",
		"| expect-audio | ✅ met |  | audio: 90 % of the recording is louder than -50 dBFS |\n",
		"| min-fps | ❌ broken | 1:11.3 | expected at least 20 fps: the page drew 8.1 distinct frames a second |\n",
		"| length | 1m20s (duration) |\n",
		"| video | 1280x720, 8.1 distinct frames a second, 99.5 % of what the page painted, longest freeze 400 ms, 0 dropped |\n",
		"| audio | ",
		"Console errors: 30<", "- and 29 more\n",
		"- recording: smoke.mp4\n", "- report: smoke.json\n", "- contact sheet: sheet.png\n", "- thumbnail: small.jpg\n", "- JUnit report: junit.xml\n",
		"- uploaded: s3://b/smoke.mp4\n", "- beside it: s3://b/smoke.contact-sheet.png\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
}

// What a page wrote is shown, and is nothing but text: as Markdown is written here,
// no line of it begins anything, and no mark of it means anything.
func TestSummaryOfAHostilePage(t *testing.T) {
	text := summary(t, smoke())
	for _, forged := range []string{"<img", "[a]", "http://evil", "www.evil", "@team", "`", "$x", ":boom:", "##[", "\x1b", "\u202e", "\r"} {
		if strings.Contains(text, forged) {
			t.Errorf("%q got through:\n%s", forged, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "::") || strings.HasPrefix(line, "|") && strings.Count(line, "|") != 3 && strings.Count(line, "|") != 5 {
			t.Errorf("line %q", line)
		}
	}
	if !strings.Contains(shown(text), "<img src=//evil> [a](http://evil)") {
		t.Errorf("what the page wrote is not shown:\n%s", shown(text))
	}
}

func TestVerdicts(t *testing.T) {
	whole := smoke()
	whole.Err, whole.Code, whole.Report.Expectations = nil, 0, whole.Report.Expectations[:1]
	degraded := whole
	report := *whole.Report
	report.Degraded, degraded.Report, degraded.Code = []string{"the machine was too busy"}, &report, 3
	for _, test := range []struct {
		run  Run
		says string
	}{
		{whole, "✅ **Passed**: 1 of 1 expectations are met\n"},
		{degraded, "⚠️ **Recorded, but degraded** (exit code 3)\n"},
		{Run{Report: &beam.Report{}}, "✅ **Recorded**\n"},
		{Run{Err: roomFault{errors.New("connection refused")}, Code: 11}, "❌ **Failed** (exit code 11, room): connection refused\n\nstart the app\n"},
	} {
		if text := shown(summary(t, test.run)); !strings.Contains(text, test.says) {
			t.Errorf("%q is missing in:\n%s", test.says, text)
		}
	}
	if got := annotations(t, degraded); len(got) != 1 || got[0] != "::warning title=Beam%3A degraded::the machine was too busy" {
		t.Errorf("%q", got)
	}
}

type roomFault struct{ error }

func (roomFault) FaultClass() string { return "room" }
func (roomFault) FaultHint() string  { return "start the app" }

// Each annotation is one line and one command, whatever the page wrote.
func TestAnnotations(t *testing.T) {
	got := annotations(t, smoke())
	if len(got) != 2 {
		t.Fatalf("%q", got)
	}
	if want := "::error title=Beam%3A min-fps::expected at least 20 fps: the page drew 8.1 distinct frames a second (look at 1:11.3)\n"; got[0] != want {
		t.Errorf("%q", got[0])
	}
	if !strings.HasPrefix(got[1], "::error title=Beam%3A expect-text \"x %3A%3Aerror%3A%3Aforged ") || !strings.Contains(got[1], "::x ::error::forged ") ||
		!strings.Contains(got[1], "%250A") || strings.ContainsAny(got[1], "\r\n\x1b\u2028") {
		t.Errorf("%q", got[1])
	}
	if got := annotations(t, Run{Err: roomFault{errors.New("no\nanswer")}}); len(got) != 1 || got[0] != "::error title=Beam%3A room::no answer; start the app" {
		t.Errorf("%q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, text string) {
		if c := command("error", text, text); strings.Count(c, "\n") != 1 || !strings.HasSuffix(c, "\n") || strings.Count(c[:strings.Index(c[2:], "::")+2], "::") != 1 {
			t.Errorf("%q", c)
		}
		if m := markdown(text); strings.ContainsAny(m, "\n\r|<>`*_[]!\\@:$~") {
			t.Errorf("%q", m)
		}
	})
}
