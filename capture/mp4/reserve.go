package mp4

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
)

// The reserve is a free box (clause 8.1.2) between ftyp and the first movie
// box. Its end is laid out so that finishing needs one small write to flip the
// file from one state to the other:
//
//	free header | room for the index | note | slot | copy of ftyp |  moov ...
//
// In the slot the finished file has the header of its media data box. The copy
// of ftyp makes ftyp and moov adjacent: an initialisation section as RFC 8216
// clause 3.3 wants it, to be had by byte range in both states. The note keeps
// the options.
const (
	slotSize    = longHeader
	noteMagic   = "beam"
	noteTrailer = 12       // checksum, length, magic
	maxNote     = 64 << 10 // bytes of JSON
)

// reserveTail returns the end of the reserve, from the note on.
func reserveTail(s settings, ftyp []byte) ([]byte, error) {
	note, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if len(note) > maxNote {
		// The metadata can come again with Finish; the times have to be right.
		s.Metadata = Metadata{}
		if note, err = json.Marshal(s); err != nil {
			return nil, err
		}
	}
	var w builder
	w.raw(note)
	w.u32(crc32.ChecksumIEEE(note))
	w.u32(uint32(len(note)))
	w.str(noteMagic)
	w.zero(slotSize)
	w.raw(ftyp)
	return w.b, nil
}

// parseNote reads the note that ends at the end of b.
func parseNote(b []byte) (s settings, size int, ok bool) {
	if len(b) < noteTrailer || string(b[len(b)-4:]) != noteMagic {
		return s, 0, false
	}
	trailer := b[len(b)-noteTrailer:]
	sum, n := binary.BigEndian.Uint32(trailer), binary.BigEndian.Uint32(trailer[4:])
	b = b[:len(b)-noteTrailer]
	if int64(n) > int64(len(b)) {
		return s, 0, false
	}
	b = b[len(b)-int(n):]
	if crc32.ChecksumIEEE(b) != sum || json.Unmarshal(b, &s) != nil {
		return settings{}, 0, false
	}
	return s, int(n) + noteTrailer, true
}
