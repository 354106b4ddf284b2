// Package inspect decodes a recording with ffmpeg and computes its quality
// report from what was decoded: distinct pictures, freezes, silence, holes in
// the sound, start and end of both. It takes any file that ffmpeg reads, so
// that recordings of other programs are judged by the same measure.
//
// It only reads. Files are opened through ffmpeg's file protocol and no other,
// so no file can make it reach for the network. Pictures and sound are streamed:
// memory stays bounded however long the recording. It knows nothing of timing
// marks (package marks) or of how a recording was made.
package inspect
