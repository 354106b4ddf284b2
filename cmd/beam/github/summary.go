package github

import (
	"fmt"
	"io"
	"strings"
	"time"

	"beam/beam"
	"beam/beam/expect"
)

// mostConsole is how many errors of the console are in a summary.
const mostConsole = 20

// Summary writes the Markdown of a job's summary: the verdict, each expectation with
// the instant of its failure, the figures of the recording, and where its files are.
// GitHub takes a megabyte of it for each step; this is bounded far below.
func Summary(w io.Writer, r Run) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### Beam: %s\n\n%s\n\n", markdown(r.Page), verdict(r))
	if rep := r.Report; rep != nil {
		b.WriteString(expectations(rep.Expectations))
		b.WriteString(figures(rep))
		b.WriteString(console(rep.Console))
	}
	b.WriteString(files(r))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the job summary: %w", err)
	}
	return nil
}

// verdict is the first line: what came of it.
func verdict(r Run) string {
	class, why, hint, failed := r.fault()
	switch n := len(r.broken()); {
	case failed && class != degradedClass:
		line := fmt.Sprintf("❌ **Failed** (exit code %d, %s): %s", r.Code, markdown(class), markdown(why))
		if hint != "" {
			line += "\n\n" + markdown(hint)
		}
		return line
	case n > 0:
		return fmt.Sprintf("❌ **Failed** (exit code %d): %d of %d expectations are broken", r.Code, n, len(r.Report.Expectations))
	case len(r.degraded()) > 0:
		return fmt.Sprintf("⚠️ **Recorded, but degraded** (exit code %d)", r.Code)
	case r.Report != nil && len(r.Report.Expectations) > 0:
		return fmt.Sprintf("✅ **Passed**: %d of %d expectations are met", len(r.Report.Expectations), len(r.Report.Expectations))
	}
	return "✅ **Recorded**"
}

func expectations(all []expect.Outcome) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| expectation | | at | |\n|---|---|---|---|\n")
	for _, o := range all {
		result, at := "✅ met", ""
		if !o.Passed {
			result = "❌ broken"
			if o.At >= 0 {
				at = instant(o.At)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", markdown(o.Name), result, at, markdown(o.Line))
	}
	return b.String() + "\n"
}

// figures is the table of the recording's quality.
func figures(r *beam.Report) string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, markdown(fmt.Sprintf(format, args...)))
	}
	b.WriteString("| recording | |\n|---|---|\n")
	row("length", "%v (%s)", time.Duration(r.Seconds*float64(time.Second)).Round(10*time.Millisecond), r.StopReason)
	if v := r.Pictures; v != nil {
		kept := ""
		if v.Kept >= 0 {
			kept = fmt.Sprintf(", %.1f %% of what the page painted", v.Kept)
		}
		row("video", "%dx%d, %.1f distinct frames a second%s, longest freeze %.0f ms, %d dropped", r.Width, r.Height, v.DistinctFPS, kept, v.LongestFreeze, v.Dropped)
	}
	loudness := "silent"
	if r.Sound.LUFS > -100 {
		loudness = fmt.Sprintf("%.1f LUFS", r.Sound.LUFS)
	}
	row("audio", "%.4g %% captured, %.1f s of it silent, %s, peak %.0f dBFS", r.Sound.Covered, r.Sound.Silent, loudness, r.Sound.PeakDBFS)
	row("first frame", "after %.1f s", r.FirstFrame)
	for _, g := range r.Gaps {
		row("gap", "%.1f s at %s: %s lost (%s)", g.Seconds, instant(g.At), g.Lost, g.Cause)
	}
	for _, why := range r.Degraded {
		row("degraded", "%s", why)
	}
	return b.String() + "\n"
}

// console lists the errors of the page.
func console(c *expect.ConsoleSeen) string {
	if c == nil || c.Total == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>Console errors: %d</summary>\n\n", c.Total)
	shown := c.Errors[:min(len(c.Errors), mostConsole)]
	for _, line := range shown {
		fmt.Fprintf(&b, "- %s\n", markdown(line))
	}
	if more := c.Total - len(shown); more > 0 {
		fmt.Fprintf(&b, "- and %d more\n", more)
	}
	return b.String() + "\n</details>\n\n"
}

// files tells where the recording and what belongs to it are.
func files(r Run) string {
	var b strings.Builder
	line := func(name, path string) {
		if path != "" {
			fmt.Fprintf(&b, "- %s: %s\n", name, markdown(path))
		}
	}
	if rep := r.Report; rep != nil {
		if rep.Upload == nil || !rep.Upload.LocalDeleted {
			line("recording", rep.Output)
		}
		line("report", beam.ReportPath(rep.Output))
		line("contact sheet", rep.ContactSheet)
		line("thumbnail", rep.Thumbnail)
	}
	line("JUnit report", r.JUnit)
	if r.Report != nil && r.Report.Upload != nil {
		u := r.Report.Upload
		if u.Error == "" {
			line("uploaded", u.URL)
			line("its report", u.ReportURL)
			for _, url := range u.Beside {
				line("beside it", url)
			}
		} else {
			line("not uploaded", u.URL+": "+u.Error)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + "\n"
}
