// Package rendition makes smaller MP4s of a finished recording: one decoding, an
// encoder for each size, all of them with the same frames and the same key frames,
// so that a player can go from one to another at any segment.
//
// A rendition is written under another name and renamed when it is whole; what is
// whole is kept when the same is asked for again. The package must not know of
// playlists, buckets and meetings.
package rendition
