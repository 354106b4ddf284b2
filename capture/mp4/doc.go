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
// The package knows nothing of codecs but the delay that AAC and Opus declare,
// starts no process, and no goroutine but the one that flushes the file (see
// Options.SyncEvery), and never transcodes. Everything that it
// reads is taken as untrusted: no count or size is believed before it is
// checked against the bytes that are there.
package mp4
