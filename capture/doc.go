// Package capture holds what all capturing shares: the clock, the size, frames and
// samples with their capture times, the memory of raw frames, and the faults.
//
// It starts no process and opens no file: its packages below do that (chrome, x11,
// pulse, ffmpeg), and they never import each other. Frames are put on the grid in
// video, audio is made whole in audio, and both are encoded in encode. Nothing in
// here knows of meetings, of the upload or of the command line.
package capture
