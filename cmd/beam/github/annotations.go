package github

import (
	"fmt"
	"io"
)

// Stop returns the line from which on nothing that is printed is a workflow command,
// until Resume; token has to be one that nobody else knows. A runner looks for
// commands in all that a step prints, and a page's console is part of that.
func Stop(token string) string { return "::stop-commands::" + token + "\n" }

// Resume returns the line from which on workflow commands count again.
func Resume(token string) string { return "::" + token + "::\n" }

// Annotations writes one workflow command for each broken expectation, for what made
// the recording fail, and for each reason why it is less than was asked for. GitHub
// shows ten errors and ten warnings of a step.
func Annotations(w io.Writer, r Run) error {
	text := ""
	for _, o := range r.broken() {
		line := o.Line
		if o.At >= 0 {
			line += fmt.Sprintf(" (look at %s)", instant(o.At))
		}
		text += command("error", "Beam: "+o.Name, line)
	}
	if class, why, hint, ok := r.fault(); ok && class != degradedClass {
		if hint != "" {
			why += "; " + hint
		}
		text += command("error", "Beam: "+class, why)
	}
	for _, why := range r.degraded() {
		text += command("warning", "Beam: "+degradedClass, why)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	return nil
}

// degradedClass is the class of a recording that was saved, but is less than what
// was asked for.
const degradedClass = "degraded"
