// Package matroska writes the one stream that ffmpeg reads: frames, JPEG
// files or raw ones, and PCM audio, with absolute times on one clock, as
// Matroska (RFC 9559).
//
// One stream with both in it can't drift apart: given two inputs, ffmpeg
// subtracts from each the time of that input's own first packet. The package
// knows nothing of capturing or encoding.
package matroska
