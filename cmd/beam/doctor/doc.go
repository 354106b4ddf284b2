// Package doctor examines the machine: whether the programs that a recording
// needs are there and start, whether cores, memory, disk and clock will do, and
// how well a recording made here and now keeps its pictures and its sound.
//
// For each topic one function looks at the machine and another, pure one, turns
// what was seen into a Finding. Programs are really started, in a private folder
// and as a recording starts them, and nothing of them is left.
//
// It must not change the machine, print, or decide for a recording: what a
// recording would choose is asked of package beam.
package doctor
