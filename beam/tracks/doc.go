// Package tracks records each participant apart: what the page received of each remote
// track, as it was sent, with times on the recording's clock, one growing file a track;
// and at the end one file a participant.
//
// It gets batches of encoded frames, and is told whose they are and when they were
// played. It decodes nothing. It reads no clock: every method is told the time.
package tracks
