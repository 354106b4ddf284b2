// Package inspect decodes a recording with ffmpeg and computes its quality
// report from what was decoded: distinct pictures, freezes, silence, holes in
// the sound, start and end of both. It takes any file that ffmpeg reads, so
// that recordings of other programs are judged by the same measure.
//
// It only reads. Files are opened through ffmpeg's file protocol and no other,
// so no file can make it reach for the network. Pictures and sound are streamed:
// memory stays bounded however long the recording. It knows nothing of how a
// recording was made.
//
// What else judges or shows a file stands below it and uses it: testpattern
// reads the marks that test pages paint and play, avsync tells by them how well
// video and audio keep time, contactsheet draws a recording as one PNG. This
// package must import none of them.
package inspect
