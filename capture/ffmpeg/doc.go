// Package ffmpeg encodes a recording with one ffmpeg process: its arguments,
// its start and end, its progress. It is the only importer of ffmpeg-go, which
// builds the arguments and nothing else.
//
// The process reads one Matroska stream (pictures and sound, or sound alone)
// on its standard input and writes fragmented MP4 to its standard output. What
// the bytes mean and where they go is not this package's business.
package ffmpeg
