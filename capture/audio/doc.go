// Package audio takes the samples of a recording's sink as long as the recording
// lasts, and makes of them the gapless blocks of a segment: drift corrected, holes
// filled with silence, beginning and ending at the instants asked for.
//
// It must not drop a sample but at those instants, nor know what encodes it.
package audio
