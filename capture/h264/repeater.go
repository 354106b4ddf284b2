package h264

import "encoding/binary"

// Repeater numbers the pictures of one encoder anew, so that others can be put
// between them. Its methods are to be called in the order of the pictures.
type Repeater struct {
	params
	lengthSize int
	added      uint32 // pictures put in since the last IDR picture
	last       uint32 // frame_num of the last picture
	begun      bool
	repeats    map[uint32][]byte // by frame_num
}

// NewRepeater returns a Repeater for a stream with the given
// AVCDecoderConfigurationRecord. The error is ErrUnsupported for a stream whose
// pictures it can't repeat.
func NewRepeater(config []byte) (*Repeater, error) {
	c, err := parseRecord(config)
	if err != nil {
		return nil, err
	}
	r := &Repeater{lengthSize: c.lengthSize, repeats: map[uint32][]byte{}}
	if err := r.parseSPS(c.sps); err != nil {
		return nil, err
	}
	if err := r.parsePPS(c.pps); err != nil {
		return nil, err
	}
	return r, nil
}

// Types of NAL units (Table 7-1).
const (
	nalSlice = 1
	nalIDR   = 5
)

// Picture takes the next picture of the encoder, NAL units with their lengths
// before them, and returns it as it has to be in the stream: the same bytes
// unless its number has changed.
func (r *Repeater) Picture(sample []byte) ([]byte, error) {
	var out []byte
	renumber := false
	for rest := sample; len(rest) > 0; {
		if len(rest) < r.lengthSize {
			return nil, unsupported("%d bytes after a NAL unit", len(rest))
		}
		var padded [4]byte
		copy(padded[4-r.lengthSize:], rest)
		n := int64(binary.BigEndian.Uint32(padded[:]))
		if rest = rest[r.lengthSize:]; n < 2 || n > int64(len(rest)) {
			return nil, unsupported("NAL unit of %d bytes in %d", n, len(rest))
		}
		nal := rest[:n]
		rest = rest[n:]
		numbered, err := r.slice(nal)
		if err != nil {
			return nil, err
		}
		renumber = renumber || r.added%(1<<r.frameNumBits) != 0
		out = r.append(out, numbered)
	}
	r.begun = true
	if !renumber {
		return sample, nil
	}
	return out, nil
}

// slice returns a NAL unit with the number that its picture has in the stream.
func (r *Repeater) slice(nal []byte) ([]byte, error) {
	kind := nal[0] & 31
	switch {
	case kind == nalIDR:
		r.added, r.last = 0, 0
		return nal, nil
	case kind > nalSlice && kind < nalIDR:
		return nil, unsupported("data partitions")
	case kind != nalSlice:
		return nal, nil
	case nal[0]>>5&3 == 0:
		return nil, unsupported("a picture that is no reference")
	}
	rbsp := unescape(nal[1:])
	h := reader{b: rbsp}
	h.ue() // first_mb_in_slice
	h.ue() // slice_type
	if id := h.ue(); id != r.id {
		return nil, unsupported("picture parameter set %d", id)
	}
	at := h.at
	number := h.u(r.frameNumBits)
	if h.short {
		return nil, unsupported("slice header")
	}
	r.last = (number + r.added) & (1<<r.frameNumBits - 1)
	if r.last == number {
		return nal, nil
	}
	set(rbsp, at, r.frameNumBits, r.last)
	return escape(nal[:1:1], rbsp), nil
}

func (r *Repeater) append(sample, nal []byte) []byte {
	for i := r.lengthSize - 1; i >= 0; i-- {
		sample = append(sample, byte(len(nal)>>(8*i)))
	}
	return append(sample, nal...)
}

// Repeat returns a picture that shows the last one again. The bytes are not to
// be changed. There has to be a last one.
func (r *Repeater) Repeat() ([]byte, error) {
	if !r.begun {
		return nil, unsupported("a repeat before the first picture")
	}
	r.added++
	r.last = (r.last + 1) & (1<<r.frameNumBits - 1)
	if _, ok := r.repeats[r.last]; !ok {
		r.repeats[r.last] = r.append(nil, r.skipped(r.last))
	}
	return r.repeats[r.last], nil
}

// skipped returns the NAL unit of a picture whose macroblocks are all skipped
// (clauses 7.3.3 and 7.3.4).
func (r *Repeater) skipped(number uint32) []byte {
	var w writer
	w.ue(0) // first_mb_in_slice
	w.ue(5) // slice_type: P, as all of the picture
	w.ue(r.id)
	w.u(r.frameNumBits, number)
	if r.references == 1 {
		w.u(1, 0) // num_ref_idx_active_override_flag
	} else {
		w.u(1, 1)
		w.ue(0) // num_ref_idx_l0_active_minus1
	}
	w.u(1, 0) // ref_pic_list_modification_flag_l0
	if r.weighted {
		w.ue(0)   // luma_log2_weight_denom
		w.ue(0)   // chroma_log2_weight_denom
		w.u(2, 0) // no weights, of luma and of chroma
	}
	w.u(1, 0) // adaptive_ref_pic_marking_mode_flag
	if r.cabac {
		w.ue(0) // cabac_init_idc
	}
	w.se(maxQP - r.qp) // slice_qp_delta
	w.ue(1)            // disable_deblocking_filter_idc
	if r.cabac {
		w.fill()
		newArithmetic(&w).skips(r.macroblocks)
	} else {
		w.ue(uint32(r.macroblocks)) // mb_skip_run
		w.u(1, 1)                   // rbsp_stop_one_bit
	}
	// nal_ref_idc 2, as libx264 gives its P pictures.
	return escape([]byte{2<<5 | nalSlice}, w.b)
}
