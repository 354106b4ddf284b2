package mp4

import "encoding/binary"

// aacFrame is how many samples one AAC-LC access unit holds, and how many
// ffmpeg's encoder puts before the first true one (ISO/IEC 14496-3 4.5.1.1;
// ffmpeg's initial_padding).
const aacFrame = 1024

// audioRate returns the sampling rate of an audio sample entry (clause
// 12.2.3), or 0.
func audioRate(entry []byte) uint32 {
	const at = shortHeader + 8 + 16 // SampleEntry, then AudioSampleEntry up to samplerate
	if len(entry) < at+4 {
		return 0
	}
	return binary.BigEndian.Uint32(entry[at:]) >> 16
}

// priming returns how many samples a decoder puts out before the first one
// that was recorded: 1024 for AAC, for Opus what its dOps box says.
func priming(entry []byte) uint32 {
	switch string(entry[4:8]) {
	case "mp4a":
		return aacFrame
	case "Opus":
		const at = shortHeader + 8 + 20
		if len(entry) < at {
			return 0
		}
		for b, err := range boxes(entry[at:]) {
			if err != nil {
				return 0
			}
			if b.typ == "dOps" {
				f := fields{b: b.body}
				f.u8() // Version
				f.u8() // OutputChannelCount
				return uint32(f.u16())
			}
		}
	}
	return 0
}

// avcConfig returns the AVCDecoderConfigurationRecord in a sample entry of H.264
// (ISO/IEC 14496-15 clause 5.4.2.1), nil where there is none.
func avcConfig(entry []byte) []byte {
	const at = shortHeader + 8 + 70 // SampleEntry, then VisualSampleEntry
	if len(entry) < at || string(entry[4:8]) != "avc1" {
		return nil
	}
	for b, err := range boxes(entry[at:]) {
		if err != nil {
			return nil
		}
		if b.typ == "avcC" {
			return b.body
		}
	}
	return nil
}
