// Package capture holds what the capture engines share: the clock, pictures
// and sound with their capture times, the slotter that puts pictures on the
// grid of the recording, the repair of the sound stream, and the counters of
// the quality report.
//
// It starts no process and opens no file: its packages below do that
// (chrome, x11, pulse, ffmpeg), and they never import each other. Nothing in
// here knows of meetings, of the upload or of the command line.
package capture
