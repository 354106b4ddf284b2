// Package h264 makes pictures that repeat the one before, and puts them between
// those of an encoder, so that what did not change needs not be encoded.
//
// A repeat is one slice all of whose macroblocks are skipped: a picture that
// libx264 would have coded in the same some 40 bytes, after looking at each of
// its macroblocks for 5 ms at 1080p. It takes part in the numbering of reference
// frames, so the encoder's own pictures behind it are given higher frame numbers.
//
// Clauses are those of ITU-T H.264 (08/2021). The package knows nothing of files
// and of time, and of H.264 no more than Beam's encoder writes: frames (no
// fields), one slice group, one reference frame, and the order of output that of
// decoding.
package h264
