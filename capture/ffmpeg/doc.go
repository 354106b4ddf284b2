// Package ffmpeg runs ffmpeg: its arguments, its start and end, its progress. It is the
// only importer of ffmpeg-go, which builds the arguments and nothing else.
//
// Process encodes a recording: it reads one Matroska stream (frames and audio, or audio
// alone) on its standard input and writes fragmented MP4 to its standard output.
// Transcode makes smaller MP4s of a file, from one decoding; Join puts a video and an
// audio into one file. What the bytes mean and where they go is not this package's
// business.
package ffmpeg
