// Package beam makes one recording: it checks the configuration, opens what the
// recording needs, joins the room, runs segment after segment, decides when to
// stop, and leaves a finished MP4 with a report beside it. What it is made of is in
// the packages below it and in capture; it owns the order in which they work, and
// every goroutine of a recording.
//
//   - record.go, api.go: what callers use
//   - lifecycle.go, opening.go: validate, open, join, run
//   - claim.go, predecessors.go: the file, and what earlier recorders of the meeting left
//   - loop.go waits, verdict.go and stop.go decide what comes next, purely
//   - run.go, segment.go, timeline.go: the segments of a recording
//   - count.go, rate.go, quality.go, memory.go: what is counted and measured meanwhile
//   - finish.go: the file, the report and the upload at the end
//
// It must not parse command lines, print, or end the process: cmd does that.
package beam
