package h264

import "math/bits"

// reader reads the syntax elements of an RBSP (clause 7.2). Reading past the end
// gives zeros and sets short, to be asked for once at the end.
type reader struct {
	b     []byte
	at    int // in bits
	short bool
}

// u reads an unsigned number of n bits, at most 32.
func (r *reader) u(n int) (v uint32) {
	for range n {
		v <<= 1
		if r.at>>3 >= len(r.b) {
			r.short = true
			return 0
		}
		v |= uint32(r.b[r.at>>3]>>(7-r.at&7)) & 1
		r.at++
	}
	return v
}

func (r *reader) flag() bool { return r.u(1) == 1 }

// ue reads an unsigned Exp-Golomb code (clause 9.1).
func (r *reader) ue() uint32 {
	zeros := 0
	for !r.flag() {
		if zeros++; zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.u(zeros)
}

// se reads a signed Exp-Golomb code (clause 9.1.1).
func (r *reader) se() int32 {
	k := r.ue()
	if k&1 == 1 {
		return int32(k/2 + 1)
	}
	return -int32(k / 2)
}

// writer appends bits.
type writer struct {
	b    []byte
	free int // bits of the last byte that are not used yet
}

// u appends the lowest n bits of v.
func (w *writer) u(n int, v uint32) {
	for n--; n >= 0; n-- {
		if w.free == 0 {
			w.b, w.free = append(w.b, 0), 8
		}
		w.free--
		w.b[len(w.b)-1] |= byte(v>>n&1) << w.free
	}
}

func (w *writer) ue(v uint32) {
	length := bits.Len32(v + 1)
	w.u(length-1, 0)
	w.u(length, v+1)
}

func (w *writer) se(v int32) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
		return
	}
	w.ue(uint32(-2 * v))
}

// fill appends ones up to a whole byte (cabac_alignment_one_bit).
func (w *writer) fill() { w.u(w.free, 0xff) }

// set overwrites n bits of b, from bit at on.
func set(b []byte, at, n int, v uint32) {
	for n--; n >= 0; n-- {
		mask := byte(1) << (7 - at&7)
		b[at>>3] &^= mask
		if v>>n&1 == 1 {
			b[at>>3] |= mask
		}
		at++
	}
}

// unescape returns the RBSP of a NAL unit without its header, whose bytes that
// prevent the emulation of a start code are taken out (clause 7.4.1).
func unescape(nal []byte) []byte {
	out := make([]byte, 0, len(nal))
	zeros := 0
	for _, c := range nal {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, c)
	}
	return out
}

// escape appends an RBSP to a NAL unit, with those bytes put in.
func escape(nal, rbsp []byte) []byte {
	zeros := 0
	for _, c := range rbsp {
		if zeros >= 2 && c <= 3 {
			nal = append(nal, 3)
			zeros = 0
		}
		if c == 0 {
			zeros++
		} else {
			zeros = 0
		}
		nal = append(nal, c)
	}
	return nal
}
