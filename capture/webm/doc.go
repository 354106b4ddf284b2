// Package webm keeps one remote track as it was sent: encoded frames and packets,
// each with its time, in a Matroska file (RFC 9559; WebM where the codec is one of
// WebM's) that grows. Such a file plays at every moment, whole or cut at any byte.
//
// It knows what a file says of a codec before its first frame, and takes that out of
// the first key frame; it decodes nothing. It knows nothing of participants and of
// rooms.
package webm
