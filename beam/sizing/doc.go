// Package sizing chooses what a recording is made with: the engine, the encoder's
// preset, its threads and its highest rate, the size of the frames, and the cores
// that a job should ask for. All of it is pure, from a machine that was measured;
// only Measure looks at one.
//
// It must not start anything, nor know of a recording.
package sizing
