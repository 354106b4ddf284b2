package mp4

import (
	"encoding/binary"
	"math"
	"time"
)

// Result tells what a finished file is.
type Result struct {
	Size     int64         // of the file, bytes
	Duration time.Duration // of the movie, pauses included
	// Head is how many bytes from the file's start may differ from what they
	// were while recording. With Tail false, all bytes after them are as they
	// were, and the file has its index in front of the media.
	Head int64
	// Tail means that the index was larger than the reserve and follows the
	// media.
	Tail bool
}

// finish turns a recording in f into an ordinary MP4 without moving its media.
//
// A crash at any instant leaves a readable file. All that the finished head
// consists of is written inside the free box, where nobody looks, and brought
// to the disk; only then is the free box's own header replaced: eight adjacent
// bytes of the first sector, that turn `free` of the reserve's size into `moov`
// of the index's. Where the index doesn't fit it is first put behind the media,
// where a reader of fragments ignores it, and the one write makes the free box
// shorter, so that the header of the media data box behind it is seen.
func (ix *Index) finish(o output, m Metadata) (Result, error) {
	moov, duration, err := ix.build(m, nil)
	if err != nil {
		return Result{}, err
	}
	// What follows the last whole fragment was cut and can't be played.
	if err := o.truncate(ix.end); err != nil {
		return Result{}, err
	}
	slot := ix.slot()
	reserve := ix.head.reserve
	r := Result{Size: ix.end, Duration: duration, Head: slot + slotSize}
	var flip []byte
	end := ix.end
	// The free box behind the index keeps the note; without room for both the
	// index goes to the tail.
	if used := int64(len(moov)); reserve.Offset+used+shortHeader+ix.head.note <= slot {
		var w builder
		w.raw(moov)
		w.u32(uint32(slot - reserve.Offset - used))
		w.str("free")
		flip = w.b[:shortHeader]
		if err := o.writeAt(w.b[shortHeader:], reserve.Offset+shortHeader); err != nil {
			return Result{}, err
		}
	} else {
		if err := o.writeAt(moov, end); err != nil {
			return Result{}, err
		}
		r.Tail, r.Size = true, end+used
		var w builder
		w.u32(uint32(slot - reserve.Offset))
		w.str("free")
		flip = w.b
	}
	if err := o.writeAt(mediaHeader(end-slot), slot); err != nil {
		return Result{}, err
	}
	if err := o.sync(); err != nil {
		return Result{}, err
	}
	if err := o.writeAt(flip, reserve.Offset); err != nil {
		return Result{}, err
	}
	return r, o.sync()
}

// slot returns where the header of the media data box goes: before the
// initialisation segment, which has a copy of ftyp when the reserve is ours.
func (ix *Index) slot() int64 { return ix.inits[0].Offset - slotSize }

// inPlace tells whether the file has the room that finish needs.
func (ix *Index) inPlace() bool {
	r := ix.head.reserve
	return len(ix.inits) > 0 && r.Size >= shortHeader && ix.slot() >= r.Offset+shortHeader && r.Size <= math.MaxUint32
}

// mediaHeader returns a media data box's header with a 64-bit size (clause 4.2.2).
func mediaHeader(size int64) []byte {
	b := binary.BigEndian.AppendUint32(nil, 1)
	b = append(b, "mdat"...)
	return binary.BigEndian.AppendUint64(b, uint64(size))
}
