package webm

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Codec is a codec by its media type (RFC 6838).
type Codec string

// The codecs that are kept.
const (
	VP8  Codec = "video/vp8"
	VP9  Codec = "video/vp9"
	AV1  Codec = "video/av1"
	H264 Codec = "video/h264"
	Opus Codec = "audio/opus"
)

// Known tells whether frames of a codec can be kept.
func (c Codec) Known() bool { return c.id() != "" }

// Audio tells whether it is a codec of audio.
func (c Codec) Audio() bool { return c == Opus }

// id is the name of the codec in Matroska (RFC 9559 and its codec registry).
func (c Codec) id() string {
	return map[Codec]string{VP8: "V_VP8", VP9: "V_VP9", AV1: "V_AV1", H264: "V_MPEG4/ISO/AVC", Opus: "A_OPUS"}[c]
}

// webm tells whether WebM allows it.
func (c Codec) webm() bool { return c != H264 }

// errNoSetup is why a file can't begin with a frame: it is no key frame, or has not
// what a decoder needs to know first.
var errNoSetup = errors.New("no parameters of the stream in it")

// setup returns what the file says of the codec before its first frame: CodecPrivate.
func (c Codec) setup(frame []byte) ([]byte, error) {
	switch c {
	case H264:
		return avcC(frame)
	case AV1:
		return av1C(frame)
	case Opus:
		return opusHead(), nil
	}
	return nil, nil
}

// stored returns a frame as the file holds it.
func (c Codec) stored(frame []byte) []byte {
	switch c {
	case H264:
		return lengthPrefixed(frame)
	case AV1:
		return withoutDelimiters(frame)
	}
	return frame
}

// opusHead is the identification header of RFC 7845, 5.1: stereo, which decodes mono
// as well, with nothing to skip, since a track is joined in the middle.
func opusHead() []byte {
	b := append([]byte("OpusHead"), 1, 2)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint32(b, 48000)
	return append(b, 0, 0, 0)
}

// units returns the NAL units of an Annex B byte stream (ITU-T H.264, B.1), without
// their start codes.
func units(stream []byte) (found [][]byte) {
	begin := -1
	for i := 0; i+2 < len(stream); i++ {
		if stream[i] != 0 || stream[i+1] != 0 || stream[i+2] != 1 {
			continue
		}
		if begin >= 0 {
			found = append(found, trimZeros(stream[begin:i]))
		}
		begin = i + 3
		i += 2
	}
	if begin >= 0 {
		found = append(found, trimZeros(stream[begin:]))
	}
	return found
}

// trimZeros takes off what is between a unit and the next start code.
func trimZeros(unit []byte) []byte {
	for len(unit) > 0 && unit[len(unit)-1] == 0 {
		unit = unit[:len(unit)-1]
	}
	return unit
}

// Types of NAL units (ITU-T H.264, table 7-1).
const (
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
)

func nalType(unit []byte) byte {
	if len(unit) == 0 {
		return 0
	}
	return unit[0] & 0x1F
}

// avcC returns the decoder configuration of ISO/IEC 14496-15, 5.3.3.1, out of the
// parameter sets of a key frame.
func avcC(frame []byte) ([]byte, error) {
	var sps, pps [][]byte
	for _, unit := range units(frame) {
		switch nalType(unit) {
		case nalSPS:
			sps = append(sps, unit)
		case nalPPS:
			pps = append(pps, unit)
		}
	}
	if len(sps) == 0 || len(pps) == 0 || len(sps[0]) < 4 || len(sps) > 31 {
		return nil, errNoSetup
	}
	b := []byte{1, sps[0][1], sps[0][2], sps[0][3], 0xFC | 3, 0xE0 | byte(len(sps))}
	for _, one := range sps {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(one))), one...)
	}
	b = append(b, byte(len(pps)))
	for _, one := range pps {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(one))), one...)
	}
	return b, nil
}

// lengthPrefixed returns a frame with its units' sizes in the place of start codes. The
// parameter sets stay in it: they change when the sender's size does.
func lengthPrefixed(frame []byte) []byte {
	var b []byte
	for _, unit := range units(frame) {
		if nalType(unit) == nalDelimiter {
			continue
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(unit))), unit...)
	}
	return b
}

// Types of OBUs (AV1 bitstream specification, 6.2.2).
const (
	obuSequence  = 1
	obuDelimiter = 2
)

// obu is an open bitstream unit of AV1 (5.3).
type obu struct {
	kind    byte
	whole   []byte // with its header
	payload []byte
}

// obus returns the units of a temporal unit. The last one may have no size field.
func obus(unit []byte) (found []obu, err error) {
	for len(unit) > 0 {
		head := 1
		if unit[0]&0x04 != 0 { // obu_extension_flag
			head = 2
		}
		size := len(unit) - head
		if unit[0]&0x02 != 0 { // obu_has_size_field
			if len(unit) < head {
				return nil, fmt.Errorf("an OBU ends in its head")
			}
			n, length := leb128(unit[head:])
			if length == 0 {
				return nil, fmt.Errorf("an OBU without a size")
			}
			head, size = head+length, int(n)
		}
		if size < 0 || head+size > len(unit) {
			return nil, fmt.Errorf("an OBU of %d bytes, and %d are there", size, len(unit)-head)
		}
		found = append(found, obu{kind: unit[0] >> 3 & 0x0F, whole: unit[:head+size], payload: unit[head : head+size]})
		unit = unit[head+size:]
	}
	return found, nil
}

// leb128 reads an unsigned number (4.10.5) and returns how long it is, 0 for none.
func leb128(b []byte) (value uint64, length int) {
	for i := 0; i < len(b) && i < 5; i++ {
		value |= uint64(b[i]&0x7F) << (7 * i)
		if b[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}

// withoutDelimiters takes the temporal delimiters out: a container has none (AV1 in
// Matroska, 4.2). What can't be read stays as it is.
func withoutDelimiters(unit []byte) []byte {
	all, err := obus(unit)
	if err != nil {
		return unit
	}
	var b []byte
	for _, one := range all {
		if one.kind != obuDelimiter {
			b = append(b, one.whole...)
		}
	}
	return b
}

// av1C returns the configuration record of AV1 in ISOBMFF, 2.3.3, out of the sequence
// header of a key frame. Of the header only the profile and the level are read; WebRTC
// sends 8 bits a sample in 4:2:0.
func av1C(unit []byte) ([]byte, error) {
	all, err := obus(unit)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.kind != obuSequence || len(one.payload) < 3 {
			continue
		}
		profile := one.payload[0] >> 5
		level := sequenceLevel(one.payload)
		b := []byte{0x81, profile<<5 | level, 0x0C, 0} // 4:2:0, no initial delay
		return append(b, one.whole...), nil
	}
	return nil, errNoSetup
}

// sequenceLevel reads seq_level_idx[0] (5.5.1), where it is in a fixed place: no
// timing information. Elsewhere it returns 31, "maximum parameters" (A.3).
func sequenceLevel(payload []byte) byte {
	reduced := payload[0]&0x08 != 0
	if reduced {
		return (payload[0]&0x07)<<2 | payload[1]>>6
	}
	if payload[0]&0x04 != 0 { // timing_info_present_flag
		return 31
	}
	// initial_display_delay_present_flag, operating_points_cnt_minus_1 (5 bits),
	// operating_point_idc[0] (12), seq_level_idx[0] (5): from bit 24 of the payload on.
	if len(payload) < 4 {
		return 31
	}
	return payload[3] >> 3
}
