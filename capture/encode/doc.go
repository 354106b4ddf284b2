// Package encode makes the file: a bounded queue of frames and audio, the encoder
// that reads it as one Matroska stream, and the MP4 that it writes into, which is
// finished in place. Frames that find the queue full are refused; audio never is.
//
// It must not decide when a recording begins, ends or goes on with another encoder.
package encode
