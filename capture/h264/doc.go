// Package h264 makes frames that repeat the one before, and numbers those of an
// encoder so that such repeats can stand between them: what did not change needs
// not be encoded. Its comments say picture where the standard does.
//
// A repeat is one slice all of whose macroblocks are skipped: a picture that
// libx264 would have coded in much the same 11 to 66 bytes, after looking at its
// macroblocks for 5 ms at 1080p. It takes part in the numbering of reference
// frames, so the encoder's own pictures behind it are given higher frame numbers,
// up to the next IDR picture. docs/decisions has why.
//
// Clauses are those of ITU-T H.264 (08/2021). The package puts nothing anywhere
// (mp4.Filler does) and knows nothing of files and of time, and of H.264 no more than Beam's encoder writes: frames (no
// fields), one slice group, one reference frame, and the order of output that of
// decoding.
package h264
