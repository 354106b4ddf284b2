package mp4

import (
	"slices"
)

// movieBox is what is kept of a movie box (clause 8.2.1): the parts that the
// finished file repeats, and of a finished one the sample tables.
type movieBox struct {
	tracks     []trackBox
	mvhd       []byte // rate, volume, matrix and so on: the 80 bytes after the duration
	udta       []byte // the whole user data box, or nil
	timescale  uint32 // of the movie: ticks a second
	fragmented bool   // has a movie extends box
}

// trackBox is what is kept of a track box (clause 8.3.1). All bytes are copies.
type trackBox struct {
	id        uint32
	handler   string // "vide", "soun"
	timescale uint32 // of the media: ticks a second
	language  uint16 // packed ISO 639-2 code (clause 8.4.2.3)
	tkhdFlags uint32
	tkhd      []byte   // layer, volume, matrix, size: the 60 bytes after the duration
	hdlr      []byte   // whole handler box
	minf      []byte   // whole boxes of the media information but the sample table
	rest      []byte   // whole boxes of the track that this package doesn't rewrite
	entries   [][]byte // sample entries: the children of stsd (clause 8.5.2)
	sgpd      []byte   // whole sample group descriptions of the sample table
	trex      trackDefaults
	stbl      []byte // body of the sample table; only a view, and only until it is read
	edits     []edit
}

// trackDefaults are those of trex (clause 8.8.3).
type trackDefaults struct {
	entry    uint32 // sample_description_index, from 1
	duration uint32
	size     uint32
	flags    uint32
}

// edit is an entry of the edit list (clause 8.6.6).
type edit struct {
	duration uint64 // in the movie's timescale
	media    int64  // media time of its start; -1: nothing is shown
}

// Sizes of the fixed ends of two headers, which are repeated as they are.
const (
	mvhdRest = 80 // clause 8.2.2: rate to next_track_ID
	tkhdRest = 60 // clause 8.3.2: reserved to height
)

// A file of ours has two tracks; more than this is nonsense.
const maxTracks = 64

// parseMovie reads the body of a movie box.
func parseMovie(body []byte) (*movieBox, error) {
	m := &movieBox{}
	defaults := map[uint32]trackDefaults{}
	for b, err := range boxes(body) {
		if err != nil {
			return nil, err
		}
		switch b.typ {
		case "mvhd":
			err = m.parseHeader(b.body)
		case "trak":
			var t trackBox
			if t, err = parseTrack(b.body); err == nil {
				m.tracks = append(m.tracks, t)
			}
		case "mvex":
			m.fragmented = true
			err = parseExtends(b.body, defaults)
		case "udta":
			m.udta = slices.Clone(b.raw)
		}
		if err != nil {
			return nil, err
		}
		if len(m.tracks) > maxTracks {
			return nil, malformed("more than %d tracks", maxTracks)
		}
	}
	switch {
	case m.mvhd == nil:
		return nil, malformed("movie without a header")
	case len(m.tracks) == 0:
		return nil, malformed("movie without a track")
	}
	for i := range m.tracks {
		t := &m.tracks[i]
		for _, other := range m.tracks[:i] {
			if other.id == t.id {
				return nil, malformed("two tracks with id %d", t.id)
			}
		}
		trex, ok := defaults[t.id]
		if m.fragmented && !ok {
			return nil, malformed("track %d has no defaults for fragments", t.id)
		}
		t.trex = trex
	}
	return m, nil
}

func (m *movieBox) parseHeader(body []byte) error {
	f := fields{b: body}
	version, _ := f.full()
	f.uint(version) // creation
	f.uint(version) // modification
	m.timescale = f.u32()
	f.uint(version) // duration
	m.mvhd = slices.Clone(f.take(mvhdRest))
	if f.short || m.timescale == 0 {
		return malformed("movie header")
	}
	return nil
}

func parseExtends(body []byte, defaults map[uint32]trackDefaults) error {
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		if b.typ != "trex" {
			continue
		}
		f := fields{b: b.body}
		f.full()
		id := f.u32()
		defaults[id] = trackDefaults{entry: f.u32(), duration: f.u32(), size: f.u32(), flags: f.u32()}
		if f.short {
			return malformed("track extends box")
		}
	}
	return nil
}

func parseTrack(body []byte) (t trackBox, err error) {
	for b, err := range boxes(body) {
		if err != nil {
			return t, err
		}
		switch b.typ {
		case "tkhd":
			f := fields{b: b.body}
			version, flags := f.full()
			f.uint(version) // creation
			f.uint(version) // modification
			t.id, t.tkhdFlags = f.u32(), flags
			f.u32()         // reserved
			f.uint(version) // duration
			t.tkhd = slices.Clone(f.take(tkhdRest))
			if f.short || t.id == 0 {
				return t, malformed("track header")
			}
		case "mdia":
			err = t.parseMedia(b.body)
		case "edts":
			err = t.parseEdits(b.body)
		default:
			t.rest = append(t.rest, b.raw...)
		}
		if err != nil {
			return t, err
		}
	}
	switch {
	case t.id == 0 || t.tkhd == nil:
		return t, malformed("track without a header")
	case t.timescale == 0 || t.hdlr == nil:
		return t, malformed("track %d without media header or handler", t.id)
	case len(t.entries) == 0:
		return t, malformed("track %d without a sample entry", t.id)
	}
	return t, nil
}

func (t *trackBox) parseMedia(body []byte) error {
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		f := fields{b: b.body}
		switch b.typ {
		case "mdhd":
			version, _ := f.full()
			f.uint(version)
			f.uint(version)
			t.timescale = f.u32()
			f.uint(version)
			t.language = f.u16()
		case "hdlr":
			f.full()
			f.u32() // pre_defined
			t.handler = string(f.take(4))
			t.hdlr = slices.Clone(b.raw)
		case "minf":
			if err := t.parseInformation(b.body); err != nil {
				return err
			}
		}
		if f.short {
			return malformed("box %s", b.typ)
		}
	}
	return nil
}

func (t *trackBox) parseInformation(body []byte) error {
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		if b.typ != "stbl" {
			t.minf = append(t.minf, b.raw...)
			continue
		}
		t.stbl = b.body
		for s, err := range boxes(b.body) {
			if err != nil {
				return err
			}
			switch s.typ {
			case "stsd":
				if err := t.parseEntries(s.body); err != nil {
					return err
				}
			case "sgpd":
				t.sgpd = append(t.sgpd, s.raw...)
			}
		}
	}
	return nil
}

func (t *trackBox) parseEntries(body []byte) error {
	f := fields{b: body}
	f.full()
	count := f.u32()
	for b, err := range boxes(f.b) {
		if err != nil {
			return err
		}
		t.entries = append(t.entries, slices.Clone(b.raw))
	}
	if f.short || int64(count) != int64(len(t.entries)) {
		return malformed("%d sample entries, not %d", len(t.entries), count)
	}
	return nil
}

func (t *trackBox) parseEdits(body []byte) error {
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		if b.typ != "elst" {
			continue
		}
		f := fields{b: b.body}
		version, _ := f.full()
		count := f.u32()
		size := 12
		if version == 1 {
			size = 20
		}
		if f.short || int64(count) > int64(len(f.b)/size) {
			return malformed("edit list of %d entries", count)
		}
		for range count {
			e := edit{duration: f.uint(version)}
			if version == 1 {
				e.media = int64(f.u64())
			} else {
				e.media = int64(int32(f.u32()))
			}
			f.u32() // rate
			t.edits = append(t.edits, e)
		}
	}
	return nil
}

// codec returns the type of the first sample entry: "avc1", "mp4a".
func (t *trackBox) codec() string { return string(t.entries[0][4:8]) }
