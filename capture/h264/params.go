package h264

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrUnsupported means that a stream has something that this package does not
// know, so that its pictures can't be repeated.
var ErrUnsupported = errors.New("unsupported H.264 stream")

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnsupported}, args...)...)
}

// params is what the parameter sets of a stream say that matters for the header
// of a slice.
type params struct {
	frameNumBits int // of frame_num
	macroblocks  int // of a picture
	cabac        bool
	weighted     bool
	references   uint32 // that a slice has unless it says otherwise
	qp           int32  // of a slice, before its own delta
	id           uint32 // of the picture parameter set
}

// record is an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 clause 5.3.3.1).
type record struct {
	lengthSize int // bytes of the length before each NAL unit
	sps, pps   []byte
}

// parseRecord reads a configuration record with one parameter set of each kind.
func parseRecord(b []byte) (r record, err error) {
	if len(b) < 7 || b[0] != 1 {
		return r, unsupported("configuration record of %d bytes", len(b))
	}
	r.lengthSize = int(b[4]&3) + 1
	if b[5]&31 != 1 {
		return r, unsupported("%d sequence parameter sets", b[5]&31)
	}
	var sets [2][]byte
	rest := b[6:]
	for i := range sets {
		if i == 1 {
			if len(rest) < 1 || rest[0] != 1 {
				return r, unsupported("not one picture parameter set")
			}
			rest = rest[1:]
		}
		if len(rest) < 2 {
			return r, unsupported("configuration record that ends early")
		}
		n := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; n < 2 || n > len(rest) {
			return r, unsupported("parameter set of %d bytes", n)
		}
		sets[i], rest = rest[:n], rest[n:]
	}
	r.sps, r.pps = sets[0], sets[1]
	return r, nil
}

// parseSPS reads a sequence parameter set (clause 7.3.2.1.1) up to its picture
// size.
func (p *params) parseSPS(nal []byte) error {
	r := reader{b: unescape(nal[1:])}
	profile := r.u(8)
	r.u(16) // constraint flags, level
	r.ue()  // seq_parameter_set_id
	switch profile {
	case 66, 77, 88:
	case 100:
		chroma := r.ue()
		depth := r.ue() + r.ue() // both less 8
		bypass, scaling := r.flag(), r.flag()
		if chroma != 1 || depth != 0 || bypass || scaling {
			return unsupported("chroma format %d, depth, bypass or scaling", chroma)
		}
	default:
		return unsupported("profile %d", profile)
	}
	p.frameNumBits = int(r.ue()) + 4
	if order := r.ue(); order != 2 {
		return unsupported("picture order type %d", order)
	}
	if references := r.ue(); references != 1 {
		return unsupported("%d reference frames", references)
	}
	r.flag() // gaps_in_frame_num_value_allowed_flag
	width, height := r.ue()+1, r.ue()+1
	if !r.flag() {
		return unsupported("fields")
	}
	if r.short || p.frameNumBits > 16 || width > 1<<12 || height > 1<<12 {
		return unsupported("sequence parameter set")
	}
	p.macroblocks = int(width * height)
	return nil
}

// parsePPS reads a picture parameter set (clause 7.3.2.2).
func (p *params) parsePPS(nal []byte) error {
	r := reader{b: unescape(nal[1:])}
	p.id = r.ue()
	r.ue() // seq_parameter_set_id
	p.cabac = r.flag()
	bottom := r.flag()
	groups := r.ue()
	p.references = r.ue() + 1
	r.ue() // num_ref_idx_l1_default_active_minus1
	p.weighted = r.flag()
	r.u(2) // weighted_bipred_idc
	p.qp = 26 + r.se()
	r.se() // pic_init_qs_minus26
	r.se() // chroma_qp_index_offset
	deblocking := r.flag()
	r.flag() // constrained_intra_pred_flag
	redundant := r.flag()
	switch {
	case r.short || p.qp < 0 || p.qp > maxQP:
		return unsupported("picture parameter set")
	case bottom, groups != 0, redundant:
		return unsupported("field order, slice groups or redundant pictures")
	case !deblocking:
		return unsupported("deblocking that a slice can't turn off")
	}
	return nil
}
