package expect

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/joshdk/go-junit"
)

func run() Run {
	return Run{
		Page: "http://localhost:3000/", Started: time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC), Took: 21500 * time.Millisecond,
		Outcomes: []Outcome{
			{"expect-audio", true, "audio: 90 % of the recording is louder than -50 dBFS", Nowhere},
			{"expect-text \"<Hello> & \x01\"", false, "expected the text \"<Hello> ]]> & \x01\": never", Nowhere},
		},
		Console:    ConsoleSeen{Errors: []string{"error: \x1b[31m<red>\x00 \xff ]]>"}, Total: 3},
		Properties: []Property{{"file", "a&b.mp4"}},
	}
}

func write(t *testing.T, r Run) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteJUnit(t *testing.T) {
	text := write(t, run())
	suites, err := junit.Ingest(text)
	if err != nil || len(suites) != 1 {
		t.Fatalf("%d suites, %v:\n%s", len(suites), err, text)
	}
	s := suites[0]
	if s.Name != "beam record http://localhost:3000/" || s.Totals.Tests != 3 || s.Totals.Passed != 2 || s.Totals.Failed != 1 || s.Totals.Error != 0 || s.Properties["file"] != "a&b.mp4" {
		t.Errorf("suite %+v", s)
	}
	for i, want := range []struct {
		name   string
		status junit.Status
		took   time.Duration
	}{
		{"recording", junit.StatusPassed, 21500 * time.Millisecond},
		{"expect-audio", junit.StatusPassed, 0},
		{"expect-text \"<Hello> & \ufffd\"", junit.StatusFailed, 0},
	} {
		if got := s.Tests[i]; got.Name != want.name || got.Status != want.status || got.Duration != want.took || got.Classname != "beam" {
			t.Errorf("case %d: %+v", i, got)
		}
	}
	if got := s.Tests[2]; got.Message != "expected the text \"<Hello> ]]> & \ufffd\": never" {
		t.Errorf("message %q", got.Message)
	}
	if want := "console errors: 3\nerror: \ufffd[31m<red>\ufffd \ufffd ]]>\nand 2 more"; s.SystemOut != want {
		t.Errorf("output %q", s.SystemOut)
	}
	var totals struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Time     float64  `xml:"time,attr"`
		Suite    struct {
			Timestamp string `xml:"timestamp,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &totals); err != nil {
		t.Fatal(err)
	}
	if totals.Tests != 3 || totals.Failures != 1 || totals.Errors != 0 || totals.Time != 21.5 || totals.Suite.Timestamp != "2026-11-22T20:00:00Z" {
		t.Errorf("totals %+v", totals)
	}
}

type roomFault struct{ error }

func (roomFault) FaultClass() string { return "room" }

// A recording that failed is an error; broken expectations are none.
func TestWriteJUnitOfAFailure(t *testing.T) {
	r := run()
	r.Outcomes, r.Err = nil, fmt.Errorf("record: %w", roomFault{errors.New("connection refused")})
	suites, err := junit.Ingest(write(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if s := suites[0]; s.Totals.Tests != 1 || s.Totals.Error != 1 || s.Tests[0].Status != junit.StatusError || s.Tests[0].Message != "record: connection refused" {
		t.Errorf("suite %+v", s)
	}
	if !strings.Contains(string(write(t, r)), `type="room"`) {
		t.Error("the class is missing")
	}
	r = run()
	r.Err = Verdict(r.Outcomes)
	if suites, err = junit.Ingest(write(t, r)); err != nil || suites[0].Totals.Error != 0 || suites[0].Totals.Failed != 1 {
		t.Errorf("%+v, %v", suites, err)
	}
}

// Whatever a page writes, the report can be read, and holds it.
func FuzzWriteJUnit(f *testing.F) {
	f.Add("plain", "http://localhost/")
	f.Add("]]><x>&\x00\x1b\xff\ufffe", "\"'<&\n")
	f.Fuzz(func(t *testing.T, text, page string) {
		var b bytes.Buffer
		err := WriteJUnit(&b, Run{Page: page, Err: errors.New(text), Properties: []Property{{text, page}},
			Outcomes: []Outcome{{text, false, text, 0}, {page, true, text, Nowhere}}, Console: ConsoleSeen{Errors: []string{text}, Total: 1}})
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(&b)
		d.Strict = true
		cases := 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "testcase" {
				cases++
			}
		}
		if cases != 3 {
			t.Errorf("%d cases", cases)
		}
	})
}
