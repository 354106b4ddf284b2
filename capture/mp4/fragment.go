package mp4

import (
	"encoding/binary"
	"math"
)

// moof is a movie fragment (clause 8.8.4) as it was read, before it is known
// whether all of its media is there.
type moof struct {
	at      int64 // offset of the box in the file, bytes
	trafs   []traf
	runs    []trun
	samples []sample
	bytes   int64 // of all samples
	signed  bool  // a run has version 1: signed composition offsets
}

// traf is a track's part of a fragment (clause 8.8.6). Its runs are
// moof.runs[first:end].
type traf struct {
	track      int    // index of the track in the movie box
	entry      uint32 // sample description of the movie box, from 1
	hasTime    bool
	time       int64 // decode time of the first sample (clause 8.8.12), ticks
	first, end int
}

// trun is a run of adjacent samples: moof.samples[first:end].
type trun struct {
	at         int64 // offset of the first byte in the file
	first, end int
}

// Flags of tfhd, of trun and of a sample (clauses 8.8.7, 8.8.8, 8.8.3.1).
const (
	tfhdBaseOffset  = 0x000001
	tfhdEntry       = 0x000002
	tfhdDuration    = 0x000008
	tfhdSize        = 0x000010
	tfhdFlags       = 0x000020
	tfhdBaseIsMoof  = 0x020000
	trunOffset      = 0x000001
	trunFirstFlags  = 0x000004
	trunDuration    = 0x000100
	trunSize        = 0x000200
	trunFlags       = 0x000400
	trunComposition = 0x000800
	sampleNonSync   = 0x00010000
)

// parse reads the body of a movie fragment box that lies at offset at. It
// reuses the memory of the fragment read before.
func (m *moof) parse(body []byte, at int64, tracks []trackBox) error {
	m.at, m.bytes, m.signed = at, 0, false
	m.trafs, m.runs, m.samples = m.trafs[:0], m.runs[:0], m.samples[:0]
	// Without any other base, a track's data begins where the data of the
	// track before it ended, the first one's at the fragment (clause 8.8.7).
	end := at
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		if b.typ != "traf" {
			continue
		}
		if end, err = m.parseTraf(b.body, tracks, end); err != nil {
			return err
		}
	}
	return nil
}

func (m *moof) parseTraf(body []byte, tracks []trackBox, base int64) (end int64, err error) {
	t := traf{track: -1, first: len(m.runs)}
	var d trackDefaults
	for b, err := range boxes(body) {
		if err != nil {
			return 0, err
		}
		f := fields{b: b.body}
		switch b.typ {
		case "tfhd":
			_, flags := f.full()
			id := f.u32()
			for i := range tracks {
				if tracks[i].id == id {
					t.track, d = i, tracks[i].trex
				}
			}
			if t.track < 0 {
				return 0, malformed("fragment of an unknown track %d", id)
			}
			if flags&tfhdBaseIsMoof != 0 {
				base = m.at
			}
			if flags&tfhdBaseOffset != 0 {
				base = int64(f.u64())
			}
			d = d.override(&f, flags)
			t.entry = d.entry
		case "tfdt":
			version, _ := f.full()
			// Not in the standard: ffmpeg writes times before zero in two's
			// complement.
			t.hasTime, t.time = true, int64(f.uint(version))
			if t.time < -maxTime || t.time > maxTime {
				return 0, malformed("decode time %d", t.time)
			}
		case "trun":
			if t.track < 0 {
				return 0, malformed("track run before its track fragment header")
			}
			next := base
			if n := len(m.runs); n > t.first {
				next = m.runs[n-1].at + m.size(m.runs[n-1])
			}
			if err := m.parseRun(&f, d, base, next); err != nil {
				return 0, err
			}
		}
		if f.short {
			return 0, malformed("box %s", b.typ)
		}
	}
	if t.track < 0 {
		return 0, malformed("track fragment without a header")
	}
	t.end = len(m.runs)
	m.trafs = append(m.trafs, t)
	end = base
	if t.end > t.first {
		end = m.runs[t.end-1].at + m.size(m.runs[t.end-1])
	}
	return end, nil
}

// maxTime bounds decode times, in ticks, so that sums of them can't overflow.
const maxTime = 1 << 60

func (d trackDefaults) override(f *fields, flags uint32) trackDefaults {
	if flags&tfhdEntry != 0 {
		d.entry = f.u32()
	}
	if flags&tfhdDuration != 0 {
		d.duration = f.u32()
	}
	if flags&tfhdSize != 0 {
		d.size = f.u32()
	}
	if flags&tfhdFlags != 0 {
		d.flags = f.u32()
	}
	return d
}

// parseRun reads a track run. base is what its data offset counts from, next
// where it lies when it has none.
func (m *moof) parseRun(f *fields, d trackDefaults, base, next int64) error {
	version, flags := f.full()
	count := f.u32()
	m.signed = m.signed || version == 1
	r := trun{at: next, first: len(m.samples)}
	if flags&trunOffset != 0 {
		r.at = base + int64(int32(f.u32()))
	}
	firstFlags, hasFirst := d.flags, flags&trunFirstFlags != 0
	if hasFirst {
		firstFlags = f.u32()
	}
	width := 0
	for _, bit := range []uint32{trunDuration, trunSize, trunFlags, trunComposition} {
		if flags&bit != 0 {
			width += 4
		}
	}
	// A count is believed when the bytes are there: those of the fields, or
	// (checked when the media's length is known) those of the samples.
	if width > 0 && int64(count) > int64(len(f.b)/width) || width == 0 && (int64(len(m.samples))+int64(count) > maxBare || d.size == 0) {
		return malformed("track run of %d samples", count)
	}
	for i := range count {
		s := sample{size: d.size, duration: d.duration}
		sampleFlags := d.flags
		if flags&trunDuration != 0 {
			s.duration = f.u32()
		}
		if flags&trunSize != 0 {
			s.size = f.u32()
		}
		if flags&trunFlags != 0 {
			sampleFlags = f.u32()
		} else if i == 0 && hasFirst {
			sampleFlags = firstFlags
		}
		if flags&trunComposition != 0 {
			s.offset = int32(f.u32())
		}
		if s.duration > math.MaxInt32 {
			return malformed("sample of %d ticks", s.duration)
		}
		s.sync = sampleFlags&sampleNonSync == 0
		m.samples = append(m.samples, s)
		m.bytes += int64(s.size)
	}
	r.end = len(m.samples)
	m.runs = append(m.runs, r)
	return nil
}

// maxBare bounds the samples of a fragment whose runs spend no byte on each.
const maxBare = 1 << 16

func (m *moof) size(r trun) (n int64) {
	for _, s := range m.samples[r.first:r.end] {
		n += int64(s.size)
	}
	return n
}

// fits checks that the samples lie in the media data [from, to), and that they
// are no more bytes than it has.
func (m *moof) fits(from, to int64) error {
	for _, r := range m.runs {
		if r.at < from || r.at > to || m.size(r) > to-r.at {
			return malformed("samples outside the media data of their fragment")
		}
	}
	if m.bytes > to-from {
		return malformed("samples that overlap")
	}
	return nil
}

// patch rewrites a whole movie fragment box in place for its place in the
// file: the fragment's number, absolute data offsets moved by bytes, and each
// track's decode times moved by shift ticks.
func patch(raw []byte, number uint32, bytes int64, shift func(id uint32) int64) error {
	h, _, err := parseHeader(raw)
	if err != nil {
		return err
	}
	for b, err := range boxes(raw[h.len:]) {
		switch {
		case err != nil:
			return err
		case b.typ == "mfhd" && len(b.body) >= 8:
			binary.BigEndian.PutUint32(b.body[4:], number)
		case b.typ == "traf":
			if err := patchTraf(b.body, bytes, shift); err != nil {
				return err
			}
		}
	}
	return nil
}

func patchTraf(body []byte, bytes int64, shift func(id uint32) int64) error {
	var move int64
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		f := fields{b: b.body}
		version, flags := f.full()
		switch b.typ {
		case "tfhd":
			move = shift(f.u32())
			if flags&tfhdBaseOffset != 0 && len(b.body) >= 16 {
				at := b.body[8:]
				binary.BigEndian.PutUint64(at, binary.BigEndian.Uint64(at)+uint64(bytes))
			}
		case "tfdt":
			time := int64(f.uint(version)) + move
			switch {
			case f.short:
				return malformed("box tfdt")
			case move == 0:
			case version == 1:
				binary.BigEndian.PutUint64(b.body[4:], uint64(time))
			case time < 0 || time > math.MaxUint32:
				return malformed("decode time %d doesn't fit its 32 bits", time)
			default:
				binary.BigEndian.PutUint32(b.body[4:], uint32(time))
			}
		}
	}
	return nil
}
