package mp4

import (
	"encoding/binary"
	"math"
)

// filledTraf is a track's part of a fragment that is written.
type filledTraf struct {
	id, entry uint32
	time      int64
	samples   []filled
}

// write writes a fragment: a movie fragment box and its media data. Its number
// is given where it is kept.
func (f *Filler) write(trafs []filledTraf) error {
	var w builder
	var offsets []int // where the data offsets are in w
	w.box("moof", func() {
		w.full("mfhd", 0, 0, func() { w.u32(1) })
		for _, t := range trafs {
			w.box("traf", func() {
				w.full("tfhd", 0, tfhdBaseIsMoof|tfhdEntry, func() { w.u32(t.id); w.u32(t.entry) })
				w.full("tfdt", 1, 0, func() { w.u64(uint64(t.time)) })
				offsets = append(offsets, w.run(t.samples))
			})
		}
	})
	size := len(w.b) + shortHeader
	for i, t := range trafs {
		if size > math.MaxInt32 {
			return malformed("fragment of %d bytes", size)
		}
		if offsets[i] >= 0 {
			binary.BigEndian.PutUint32(w.b[offsets[i]:], uint32(size))
		}
		for _, s := range t.samples {
			size += len(s.bytes)
		}
	}
	w.box("mdat", func() {
		for _, t := range trafs {
			for _, s := range t.samples {
				w.raw(s.bytes)
			}
		}
	})
	_, err := f.dst.Write(w.b)
	return err
}

// run appends a track run, and returns where its data offset is to be put, -1
// for none.
func (w *builder) run(samples []filled) (offset int) {
	if len(samples) == 0 {
		return -1
	}
	// Version 1: composition offsets may be negative.
	w.full("trun", 1, trunOffset|trunDuration|trunSize|trunFlags|trunComposition, func() {
		w.u32(uint32(len(samples)))
		offset = len(w.b)
		w.u32(0)
		for _, s := range samples {
			flags := uint32(sampleNonSync)
			if s.sync {
				flags = 0
			}
			w.u32(s.duration)
			w.u32(s.size)
			w.u32(flags)
			w.u32(uint32(s.offset))
		}
	})
	return offset
}
