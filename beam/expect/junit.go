package expect

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"
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
type Property struct{ Name, Value string }

// suiteName is the name of the report, and the class of its cases.
const suiteName = "beam"

// WriteJUnit writes a JUnit report: one test suite, with the case "recording",
// which is an error when the recording failed, and one case for each outcome.
// The console errors are the suite's output. Whatever the page wrote, the report
// is well-formed XML 1.0.
func WriteJUnit(w io.Writer, r Run) error {
	took := fmt.Sprintf("%.3f", r.Took.Seconds())
	suite := junit.Testsuite{Name: "beam record " + clean(r.Page), Time: took, SystemOut: output(consoleOutput(r.Console))}
	suite.SetTimestamp(r.Started.UTC())
	for _, p := range r.Properties {
		suite.AddProperty(clean(p.Name), clean(p.Value))
	}
	suite.AddTestcase(recordingCase(r.Err, took))
	for _, o := range r.Outcomes {
		suite.AddTestcase(outcomeCase(o))
	}
	suites := junit.Testsuites{Name: suiteName, Time: took}
	suites.AddSuite(suite)
	_, err := io.WriteString(w, xml.Header)
	if err == nil {
		err = suites.WriteXML(w)
	}
	if err != nil {
		return fmt.Errorf("write junit report: %w", err)
	}
	return nil
}

// recordingCase is the case of the recording itself: broken expectations are
// cases of their own.
func recordingCase(err error, took string) junit.Testcase {
	c := junit.Testcase{Classname: suiteName, Name: "recording", Time: took}
	if broken := (*Broken)(nil); err != nil && !errors.As(err, &broken) {
		c.Error = result(clean(err.Error()), faultClass(err))
	}
	return c
}

// outcomeCase is the case of one expectation.
func outcomeCase(o Outcome) junit.Testcase {
	c := junit.Testcase{Classname: suiteName, Name: clean(o.Name), Time: "0.000"}
	if line := clean(o.Line); o.Passed {
		c.SystemOut = output(line)
	} else {
		c.Failure = result(line, Class)
	}
	return c
}

func result(text, class string) *junit.Result {
	return &junit.Result{Message: text, Type: class, Data: text}
}

// output is an element for the text, nil for none.
func output(text string) *junit.Output {
	if text == "" {
		return nil
	}
	return &junit.Output{Data: text}
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
