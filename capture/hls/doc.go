// Package hls writes playlists of HTTP Live Streaming (RFC 8216) over the files
// that package mp4 makes. Clauses cited in this package are those of RFC 8216.
//
// It makes text of what it is told and of an mp4.Index; it opens no file, keeps no
// clock, and knows nothing of where a playlist goes.
package hls
