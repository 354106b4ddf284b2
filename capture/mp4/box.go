package mp4

import (
	"encoding/binary"
	"iter"
)

// boxHeader is the head of a box (clause 4.2.2).
type boxHeader struct {
	typ  string // four characters
	size int64  // of the whole box with its header, in bytes; 0: up to the end of the file
	len  int    // of the header: 8, or 16 where the size has 64 bits
}

const (
	shortHeader = 8
	longHeader  = 16
)

// parseHeader reads the header at the start of b. more is how many bytes it
// needs when b is too short, else 0.
func parseHeader(b []byte) (h boxHeader, more int, err error) {
	if len(b) < shortHeader {
		return h, shortHeader, nil
	}
	size := int64(binary.BigEndian.Uint32(b))
	h = boxHeader{typ: string(b[4:8]), size: size, len: shortHeader}
	for _, c := range b[4:8] {
		// Printable ISO 8859-1, which the copyright sign of metadata needs too.
		if c < 0x20 || c > 0x7e && c < 0xa0 {
			return h, 0, malformed("box type %q", h.typ)
		}
	}
	switch {
	case size == 1:
		if len(b) < longHeader {
			return h, longHeader, nil
		}
		h.len = longHeader
		large := binary.BigEndian.Uint64(b[8:])
		if large > 1<<62 {
			return h, 0, malformed("box %s of %d bytes", h.typ, large)
		}
		h.size = int64(large)
		if h.size < longHeader {
			return h, 0, malformed("box %s of %d bytes", h.typ, h.size)
		}
	case size == 0:
	case size < shortHeader:
		return h, 0, malformed("box %s of %d bytes", h.typ, size)
	}
	return h, 0, nil
}

// box is a whole box in memory.
type box struct {
	typ  string
	raw  []byte // header and body
	body []byte
}

// boxes walks the boxes that fill b. After an error it stops.
func boxes(b []byte) iter.Seq2[box, error] {
	return func(yield func(box, error) bool) {
		for len(b) > 0 {
			h, more, err := parseHeader(b)
			switch {
			case err != nil:
			case more > 0:
				err = malformed("%d bytes left over", len(b))
			case h.size == 0 || h.size > int64(len(b)):
				err = malformed("box %s of %d bytes in %d", h.typ, h.size, len(b))
			}
			if err != nil {
				yield(box{}, err)
				return
			}
			if !yield(box{h.typ, b[:h.size], b[h.len:h.size]}, nil) {
				return
			}
			b = b[h.size:]
		}
	}
}

// fields reads big-endian numbers from the front of a box's body. Reading past
// the end gives zeros and sets short, to be asked for once at the end.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) take(n int) []byte {
	if n < 0 || n > len(f.b) {
		f.short, f.b = true, nil
		return nil
	}
	v := f.b[:n]
	f.b = f.b[n:]
	return v
}

func (f *fields) u8() uint8 {
	if v := f.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (f *fields) u16() uint16 {
	if v := f.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (f *fields) u32() uint32 {
	if v := f.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (f *fields) u64() uint64 {
	if v := f.take(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// full reads the version and flags of a full box (clause 4.2.2).
func (f *fields) full() (version uint8, flags uint32) {
	v := f.u32()
	return uint8(v >> 24), v & 0xffffff
}

// uint reads a number of 64 bits in version 1 of a box, of 32 bits in version 0.
func (f *fields) uint(version uint8) uint64 {
	if version == 1 {
		return f.u64()
	}
	return uint64(f.u32())
}

// builder appends boxes.
type builder struct{ b []byte }

func (w *builder) u8(v uint8)   { w.b = append(w.b, v) }
func (w *builder) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *builder) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *builder) u64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }
func (w *builder) str(s string) { w.b = append(w.b, s...) }
func (w *builder) raw(b []byte) { w.b = append(w.b, b...) }
func (w *builder) zero(n int)   { w.b = append(w.b, make([]byte, n)...) }

// uint appends a number as version 1 of a box (64 bits) or version 0 has it.
func (w *builder) uint(version uint8, v uint64) {
	if version == 1 {
		w.u64(v)
		return
	}
	w.u32(uint32(v))
}

// box appends a box whose body is what fill appends.
func (w *builder) box(typ string, fill func()) {
	at := len(w.b)
	w.u32(0)
	w.str(typ)
	fill()
	binary.BigEndian.PutUint32(w.b[at:], uint32(len(w.b)-at))
}

// full appends a full box.
func (w *builder) full(typ string, version uint8, flags uint32, fill func()) {
	w.box(typ, func() {
		w.u32(uint32(version)<<24 | flags)
		fill()
	})
}
