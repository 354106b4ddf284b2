// Package x11 runs one private X server, Xvfb, for a recording whose pictures
// are grabbed from a window, and tells what to grab.
//
// Only who holds the recording's own cookie can connect to the server. The
// grabbing itself is ffmpeg's: pixels never pass through Beam.
package x11
