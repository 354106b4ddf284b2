// Package e2e holds the tests of the built program, and nothing else. They run
// Beam as a user does: the program itself, with real Chromium, ffmpeg,
// PulseAudio and Xvfb, on pages at 127.0.0.1, and judge recordings by what is in
// them. They are behind the build tag e2e; docs/testing.md tells how to run them.
package e2e
