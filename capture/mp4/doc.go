// Package mp4 keeps the recording's file: it takes the fragmented MP4 that the
// encoder writes, adds what makes it finishable in place, remembers where
// every sample lies, and turns the file into an ordinary seekable MP4 at the
// cost of its index, not of its length. It reads such files back after a crash,
// cut at any byte.
//
//	while recording   ftyp | free (reserve) | moov (mvex) | moof mdat | moof mdat | ...
//	when finished     ftyp | moov (index) | free | mdat (64-bit size, all the rest)
//
// Boxes are those of ISO/IEC 14496-12:2022; the clauses cited in this package
// are that edition's. The first initialisation segment of the encoder and its
// movie fragment boxes stay where they were and become unread bytes of the one
// media data box, so the offsets of the samples never change, and a byte-range
// playlist (RFC 8216) over the same file stays valid.
//
// Between an encoder that is given only what changes and the file, a Filler puts
// frames that repeat the one before, so that the file has a constant rate. What
// such a frame is, a Repeater tells it: package h264 has one.
//
// The package never decodes or encodes. Of codecs it knows the delay that AAC and
// Opus declare, and where H.264 keeps its configuration. It starts no process, and
// no goroutine but the one that flushes the file (see Options.SyncEvery).
// Everything that it reads is taken as untrusted: no count or size is believed
// before it is checked against the bytes that are there.
package mp4
