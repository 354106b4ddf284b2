package succession

import (
	"strings"
	"time"

	"beam/beam/fault"
	"beam/beam/report"
	"beam/upload"
)

// standing is what is known of one part of a recording.
type standing int

const (
	free     standing = iota // nothing is there, or an empty file that nobody has
	finished                 // a recording that ended as it should, or a file of somebody else's
	cutShort                 // a finished file of a recorder that was killed, or that failed: the meeting went on
	left                     // a recorder that is gone left it unfinished
	ended                    // finished, as the recording had ended; only its upload is unfinished
)

// part is one file of a recording, as it was found.
type part struct {
	path     string
	standing standing
	found    string    // that is in the way: the path of the file, the report or the journal
	until    time.Time // when it was recorded last
}

// Plan is what a recorder does about what is at its output.
type Plan struct {
	Output string   // the file to record to; "" where only an upload is to be finished
	Part   int      // of the recording that Output is; 1 for the first
	Left   []string // files to be recovered, in order
	Before string   // the part before Output, "" for none
}

// choose returns the plan for the parts that were found at an output, in order and
// up to the first name that is free. A meeting lasts no longer than longest, so what
// is older is no part of this one. The error is a fault for the user.
func choose(output string, found []part, force bool, now time.Time, longest time.Duration) (Plan, error) {
	if len(found) == 0 {
		return Plan{Output: output, Part: 1}, nil
	}
	last := found[len(found)-1]
	plan := Plan{Part: len(found) + 1, Before: last.path}
	overwritable := true
	for _, p := range found {
		if p.standing == left || p.standing == ended {
			overwritable = false
			plan.Left = append(plan.Left, p.path)
		}
	}
	recent := now.Sub(last.until) <= longest
	switch {
	case force && overwritable && (last.standing == finished || !recent):
		return Plan{Output: output, Part: 1}, nil
	case last.standing == finished, last.standing == cutShort && !recent:
		return Plan{}, fault.Refuse("choose another --output, or overwrite it with --force", "%s exists", last.found)
	case !recent:
		return Plan{}, fault.Refuse("finish it with: beam recover "+last.path,
			"%s is left from a recording of %s, which is longer ago than --max-duration, so it was another meeting", last.found, last.until.Format(time.DateTime))
	case last.standing == ended:
		plan.Part, plan.Before = 0, ""
		return plan, nil
	}
	plan.Output = report.PartName(output, plan.Part)
	return plan, nil
}

// facts are what is on the disk at one name.
type facts struct {
	file, journal bool
	empty         bool // the file has no byte
	whole         bool // it is a finished MP4
	ours          bool // it is one of Beam's
	report        *report.Report
	beside        string // another file of a recording, "" for none
}

// judge tells how a part stands.
func (f facts) judge() standing {
	switch {
	case !f.file && !f.journal && f.report == nil && f.beside == "":
		return free
	case f.file && f.empty && !f.journal && f.report == nil && f.beside == "":
		return free
	case !f.file && f.journal:
		return left // its upload at least
	case f.file && !f.whole && f.ours:
		return left
	case f.journal && f.report != nil && !short(f.report):
		return ended
	case f.journal:
		return left
	case f.report != nil && short(f.report):
		return cutShort
	}
	return finished
}

// short tells whether a recording ended before its meeting.
func short(r *report.Report) bool {
	return r.StopReason == report.ReasonCrash || strings.HasPrefix(r.StopReason, report.ReasonFailure)
}

// inTheWay names what is at a path.
func (f facts) inTheWay(path string) string {
	switch {
	case f.file:
		return path
	case f.journal:
		return upload.JournalPath(path)
	case f.report != nil:
		return report.Path(path)
	}
	return f.beside
}
