package main

import (
	"bytes"
	"errors"
	"testing"

	"beam/beam/report"
)

// What is told neither drives a terminal, nor begins a line as it likes, nor holds a
// secret.
func TestConsoleIsHarmless(t *testing.T) {
	var out bytes.Buffer
	c := newConsole(&out)
	c.hide = report.NewSecrets("h1dden-t0ken").Hide
	c.say("the page: \x1b[2J\u009bgone\r\n::error::forged\nbeam: uploaded: nothing %s", "h1dden-t0ken")
	c.fault(errors.New("refused \x07h1dden%2Dt0ken"))
	c.asJSON()
	c.warn("as JSON: h1dden-t0ken\n::error::x")
	got := out.String()
	want := "beam: the page: [2Jgone\n      | ::error::forged\n      | beam: uploaded: nothing (secret)\nbeam: error: refused h1dden%2Dt0ken\n"
	if len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("%q", got)
	}
	if rest := got[min(len(want), len(got)):]; !bytes.Contains([]byte(rest), []byte(`"as JSON: (secret)\n::error::x"`)) {
		t.Errorf("%q", rest)
	}
}
