package mp4

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Format is what a player wants to know before it asks for any media.
type Format struct {
	Codecs        []string // RFC 6381, each once: "avc1.640028", "mp4a.40.2"
	Width, Height int      // of the largest video, pixels; 0 without video
	FrameRate     float64  // highest of the video, frames a second; 0 without video
}

// Format returns the format of the tracks that have samples.
func (ix *Index) Format() (f Format) {
	for _, t := range ix.used() {
		for _, entry := range t.box.entries {
			if codec := codecName(entry); !slices.Contains(f.Codecs, codec) {
				f.Codecs = append(f.Codecs, codec)
			}
			if t.box.handler != "vide" {
				continue
			}
			if w, h := pictureSize(entry); w*h > f.Width*f.Height {
				f.Width, f.Height = w, h
			}
		}
		if t.box.handler == "vide" {
			f.FrameRate = max(f.FrameRate, t.rate())
		}
	}
	return f
}

// rareDelta is the share of the frames, one in so many, that have to be as close
// together as the rate says: where one encoder follows another, two frames may be
// closer than any others.
const rareDelta = 100

// rate returns the highest rate of a track, samples a second.
func (t *track) rate() float64 {
	count := map[uint32]int{}
	for _, r := range t.deltas {
		count[r.value] += int(r.count)
	}
	least := uint32(math.MaxUint32)
	for delta, n := range count {
		if delta > 0 && n*rareDelta >= t.len() {
			least = min(least, delta)
		}
	}
	if least == math.MaxUint32 {
		if least = t.tail; least == 0 {
			return 0
		}
	}
	return float64(t.box.timescale) / float64(least)
}

// pictureSize returns the size in a visual sample entry (clause 12.1.3), pixels.
func pictureSize(entry []byte) (width, height int) {
	const at = shortHeader + 8 + 16 // SampleEntry, then VisualSampleEntry up to width
	if len(entry) < at+4 {
		return 0, 0
	}
	return int(binary.BigEndian.Uint16(entry[at:])), int(binary.BigEndian.Uint16(entry[at+2:]))
}

// codecName returns what RFC 6381 (clauses 3.3 and 3.4) calls the codec of a
// sample entry; for a codec that this package knows nothing of, the entry's type.
func codecName(entry []byte) string {
	typ := string(entry[4:8])
	switch typ {
	case "avc1":
		// AVCProfileIndication, profile_compatibility, AVCLevelIndication.
		if c := avcConfig(entry); len(c) >= 4 {
			return fmt.Sprintf("avc1.%02X%02X%02X", c[1], c[2], c[3])
		}
	case "mp4a":
		if object, kind := audioObject(entry); object != 0 {
			if kind == 0 {
				return fmt.Sprintf("mp4a.%02X", object)
			}
			return fmt.Sprintf("mp4a.%02X.%d", object, kind)
		}
	case "Opus":
		return "opus"
	}
	return typ
}

// audioObject returns the object type indication in a sample entry's elementary
// stream descriptor (ISO/IEC 14496-14 clause 6.7.2, 14496-1 clause 7.2.6), and
// for MPEG-4 audio its audio object type (14496-3 clause 1.6.2.1). Both are 0
// where they are not told.
func audioObject(entry []byte) (object byte, kind int) {
	const at = shortHeader + 8 + 20 // SampleEntry, then AudioSampleEntry
	if len(entry) < at {
		return 0, 0
	}
	for b, err := range boxes(entry[at:]) {
		if err != nil {
			return 0, 0
		}
		if b.typ != "esds" || len(b.body) < 4 {
			continue
		}
		es := descriptor(b.body[4:], 3)
		if len(es) < 3 || es[2]&0xE0 != 0 { // with dependsOn, URL or OCR fields, which no file has
			return 0, 0
		}
		config := descriptor(es[3:], 4)
		if len(config) < 13 {
			return 0, 0
		}
		object = config[0]
		if specific := descriptor(config[13:], 5); object == 0x40 && len(specific) >= 2 {
			if kind = int(specific[0] >> 3); kind == 31 { // escaped
				kind = 32 + int(specific[0]&7)<<3 + int(specific[1]>>5)
			}
		}
		return object, kind
	}
	return 0, 0
}

// descriptor returns the body of the descriptor that b begins with, nil where it
// has another tag or is not whole (ISO/IEC 14496-1 clause 8.3.3).
func descriptor(b []byte, tag byte) []byte {
	if len(b) == 0 || b[0] != tag {
		return nil
	}
	size := 0
	for i := 1; i < len(b) && i <= 4; i++ {
		size = size<<7 | int(b[i]&0x7F)
		if b[i]&0x80 == 0 {
			if rest := b[i+1:]; size <= len(rest) {
				return rest[:size]
			}
			return nil
		}
	}
	return nil
}
