// Package report has the quality report of a recording: its shape, the JSON file
// beside the recording, the names of the files beside it, and what of a room's URL
// may be shown. Its JSON keys are an interface: docs and users rely on them.
//
// It must not measure, count or judge: it is told the figures.
package report
