// Package loudness measures how loud a recording is, while it is made: the
// integrated loudness of ITU-R BS.1770-4 and EBU R 128, and the loudness range
// of EBU Tech 3342, of 48 kHz stereo. No maintained Go library for it was found
// at a version that can be depended on. It does not change the audio.
package loudness
