// Package testpattern reads the marks that test pages paint and play out of
// decoded frames and audio: strips of black and white cells, flashes, beeps,
// tones and coloured areas. With them a recording is judged by what can be seen
// and heard in it.
//
// It works on pixels and samples that somebody else decoded, with the times
// that the file gives them. It opens no file, starts no program, and knows
// nothing of browsers or of meetings.
//
// Two pages paint the marks. The timing page shows the Clock strip (the
// milliseconds since the page's second 0) and starts a beep at each whole
// second. The lip-sync page plays a clip that flashes white and beeps at each
// whole second, as a person would who claps.
package testpattern
