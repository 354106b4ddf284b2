// Package sheet draws pictures of a recording: a contact sheet, which shows the
// whole of it in one PNG (pictures with their times, and the waveform of its
// sound), and a thumbnail.
//
// It takes any file that ffmpeg reads. Pictures are decoded one by one, each by
// a seek of its own and at the size it is drawn at, and the sound is streamed, so
// memory stays bounded however long the recording. It judges nothing (package
// inspect does) and writes no file but the one that Save is told to.
package sheet
