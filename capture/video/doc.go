// Package video puts the frames of a segment on the grid of the recording: it sorts
// them by capture time, gives each a slot, repeats the last one where a page stands
// still, and counts what it dropped. Only it may drop or repeat a frame. Its governor
// judges, from what was measured, which rate the machine can carry.
//
// It must not know where frames come from, nor what encodes them.
package video
