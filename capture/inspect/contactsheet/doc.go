// Package contactsheet draws a recording: a contact sheet, which shows the whole
// of it in one PNG (frames with their times, and the waveform of its audio), and
// a thumbnail.
//
// It takes any file that ffmpeg reads. Frames are decoded one by one, each by a
// seek of its own and at the size it is drawn at, and the audio is streamed, so
// memory stays bounded however long the recording. It judges nothing (package
// inspect does) and writes no file but the one that Save is told to.
package contactsheet
