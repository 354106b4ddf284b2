package expect

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Run is a recording as a pipeline sees it.
type Run struct {
	Page       string // its address, without what is secret in it
	Started    time.Time
	Took       time.Duration // the whole command
	Outcomes   []Outcome
	Err        error // why the recording failed or is less than was asked for; a *Broken does not count
	Console    ConsoleSeen
	Properties []Property // further facts: the file, the version
}

// Property is a fact of a run.
type Property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// The elements of a JUnit report, as Jenkins's and GitLab's readers take them.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Name    string       `xml:"name,attr"`
		Tests   int          `xml:"tests,attr"`
		Failed  int          `xml:"failures,attr"`
		Errors  int          `xml:"errors,attr"`
		Time    string       `xml:"time,attr"` // seconds
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string      `xml:"name,attr"`
		Tests      int         `xml:"tests,attr"`
		Failed     int         `xml:"failures,attr"`
		Errors     int         `xml:"errors,attr"`
		Skipped    int         `xml:"skipped,attr"`
		Time       string      `xml:"time,attr"`
		Timestamp  string      `xml:"timestamp,attr"` // ISO 8601, UTC
		Properties *[]Property `xml:"properties>property,omitempty"`
		Cases      []junitCase `xml:"testcase"`
		Output     string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Class   string       `xml:"classname,attr"`
		Name    string       `xml:"name,attr"`
		Time    string       `xml:"time,attr"`
		Failure *junitReason `xml:"failure"`
		Error   *junitReason `xml:"error"`
		Output  string       `xml:"system-out,omitempty"`
	}
	junitReason struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a JUnit report: one test suite, with the case "recording",
// which is an error when the recording failed, and one case for each outcome.
// The console errors are the suite's output. Whatever the page wrote, the report
// is well-formed XML 1.0.
func WriteJUnit(w io.Writer, r Run) error {
	const class = "beam"
	took := fmt.Sprintf("%.3f", r.Took.Seconds())
	suite := junitSuite{
		Name: "beam record " + clean(r.Page), Time: took,
		Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		Output:    consoleOutput(r.Console),
	}
	if len(r.Properties) > 0 {
		properties := make([]Property, len(r.Properties))
		for i, p := range r.Properties {
			properties[i] = Property{Name: clean(p.Name), Value: clean(p.Value)}
		}
		suite.Properties = &properties
	}
	recording := junitCase{Class: class, Name: "recording", Time: took}
	if broken := (*Broken)(nil); r.Err != nil && !errors.As(r.Err, &broken) {
		text := clean(r.Err.Error())
		recording.Error = &junitReason{Message: text, Type: faultClass(r.Err), Text: text}
		suite.Errors++
	}
	suite.Cases = append(suite.Cases, recording)
	for _, o := range r.Outcomes {
		line := clean(o.Line)
		c := junitCase{Class: class, Name: clean(o.Name), Time: "0.000"}
		if o.Passed {
			c.Output = line
		} else {
			c.Failure = &junitReason{Message: line, Type: Class, Text: line}
			suite.Failed++
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests = len(suite.Cases)
	text, err := xml.MarshalIndent(junitSuites{Name: class, Tests: suite.Tests, Failed: suite.Failed,
		Errors: suite.Errors, Time: took, Suites: []junitSuite{suite}}, "", "  ")
	if err != nil {
		return fmt.Errorf("write junit report: %w", err)
	}
	if _, err := io.WriteString(w, xml.Header+string(text)+"\n"); err != nil {
		return fmt.Errorf("write junit report: %w", err)
	}
	return nil
}

func faultClass(err error) string {
	var f interface {
		error
		FaultClass() string
	}
	if errors.As(err, &f) {
		return clean(f.FaultClass())
	}
	return "error"
}

func consoleOutput(c ConsoleSeen) string {
	if c.Total == 0 {
		return ""
	}
	text := fmt.Sprintf("console errors: %d\n%s", c.Total, strings.Join(c.Errors, "\n"))
	if more := c.Total - len(c.Errors); more > 0 {
		text += fmt.Sprintf("\nand %d more", more)
	}
	return clean(text)
}

// clean replaces what is no Char of XML 1.0 (clause 2.2), such as the escapes
// that colour a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000 && r <= 0x10ffff:
			return r
		}
		return '\ufffd'
	}, strings.ToValidUTF8(s, "\ufffd"))
}
