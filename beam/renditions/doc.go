// Package renditions makes the smaller MP4s of a finished recording, from a file or
// from a bucket, with the playlists over all of them, and brings them to the bucket.
//
// It must not know how a rendition is encoded, what a playlist looks like, or how an
// upload is made.
package renditions
