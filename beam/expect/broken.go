package expect

import (
	"fmt"
	"strings"
)

// Class is the fault class of broken expectations.
const Class = "expectation"

// Broken is the error of a recording that is not what was expected.
type Broken struct {
	Failed []Outcome // at least one
	Total  int       // expectations in all
}

// Verdict returns a *Broken when an outcome failed, else nil.
func Verdict(outcomes []Outcome) error {
	failed := Failed(outcomes)
	if len(failed) == 0 {
		return nil
	}
	return &Broken{Failed: failed, Total: len(outcomes)}
}

// Error tells of each broken expectation on a line of its own.
func (b *Broken) Error() string {
	lines := make([]string, len(b.Failed))
	for i, o := range b.Failed {
		lines[i] = o.Line
	}
	if len(lines) == 1 {
		return lines[0]
	}
	return fmt.Sprintf("%d of %d expectations are broken:\n  %s", len(lines), b.Total, strings.Join(lines, "\n  "))
}

// FaultClass returns Class.
func (*Broken) FaultClass() string { return Class }

// FaultHint returns what to look at.
func (*Broken) FaultHint() string {
	return "look at the recording: --contact-sheet FILE.png shows it in one picture"
}
