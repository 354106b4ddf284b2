package mp4

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
)

// build returns the finished movie box (clause 8.2.1) of all tracks that have
// samples. offsets has each track's chunk offsets, in the order of its chunks;
// nil means those of the recording. duration is the movie's.
func (ix *Index) build(m Metadata, offsets [][]int64) (moov []byte, duration time.Duration, err error) {
	tracks := ix.used()
	if len(tracks) == 0 {
		return nil, 0, ErrNoMedia
	}
	plans, timescale := ix.plan(tracks)
	if offsets == nil {
		offsets = make([][]int64, len(tracks))
		for i, t := range tracks {
			offsets[i] = t.chunkOffsets()
		}
	}
	var total uint64
	var id uint32
	for i, t := range tracks {
		total = max(total, plans[i].total)
		id = max(id, t.box.id)
	}
	var w builder
	w.box("moov", func() {
		created := epoch1904(m.Created)
		v := version(total, created)
		w.full("mvhd", v, 0, func() {
			w.uint(v, created)
			w.uint(v, created)
			w.u32(timescale)
			w.uint(v, total)
			rest := append([]byte(nil), ix.movie.mvhd...)
			binary.BigEndian.PutUint32(rest[mvhdRest-4:], id+1) // next_track_ID
			w.raw(rest)
		})
		for i, t := range tracks {
			w.track(t, plans[i], offsets[i], created)
		}
		w.userData(m, ix.movie.udta)
	})
	if int64(len(w.b)) > math.MaxUint32 {
		return nil, 0, malformed("an index of %d bytes", len(w.b))
	}
	return w.b, ticksToTime(int64(total), timescale), nil
}

// used returns the tracks that have samples.
func (ix *Index) used() (tracks []*track) {
	for _, t := range ix.tracks {
		if t.len() > 0 {
			tracks = append(tracks, t)
		}
	}
	return tracks
}

func (t *track) chunkOffsets() []int64 {
	offsets := make([]int64, len(t.chunks))
	for i, c := range t.chunks {
		offsets[i] = c.offset
	}
	return offsets
}

func (w *builder) track(t *track, p shown, offsets []int64, created uint64) {
	w.box("trak", func() {
		v := version(p.total, created)
		w.full("tkhd", v, t.box.tkhdFlags, func() {
			w.uint(v, created)
			w.uint(v, created)
			w.u32(t.box.id)
			w.u32(0)
			w.uint(v, p.total)
			w.raw(t.box.tkhd)
		})
		w.box("edts", func() { w.editList(p.edits) })
		w.box("mdia", func() {
			length := uint64(t.end() - t.first)
			v := version(length, created)
			w.full("mdhd", v, 0, func() {
				w.uint(v, created)
				w.uint(v, created)
				w.u32(t.box.timescale)
				w.uint(v, length)
				w.u16(t.box.language)
				w.u16(0)
			})
			w.raw(t.box.hdlr)
			w.box("minf", func() {
				w.raw(t.box.minf)
				w.box("stbl", func() { w.sampleTable(t, offsets) })
			})
		})
		w.raw(t.box.rest)
	})
}

func (w *builder) editList(edits []edit) {
	var v uint8
	for _, e := range edits {
		if e.duration > math.MaxUint32 || e.media > math.MaxInt32 {
			v = 1
		}
	}
	w.full("elst", v, 0, func() {
		w.u32(uint32(len(edits)))
		for _, e := range edits {
			w.uint(v, e.duration)
			w.uint(v, uint64(e.media))
			w.u32(1 << 16) // media_rate 1.0
		}
	})
}

// sampleTable appends the tables of a track (clauses 8.5 to 8.7).
func (w *builder) sampleTable(t *track, offsets []int64) {
	w.full("stsd", 0, 0, func() {
		w.u32(uint32(len(t.box.entries)))
		for _, e := range t.box.entries {
			w.raw(e)
		}
	})
	w.full("stts", 0, 0, func() {
		w.runs(push(slices.Clone(t.deltas), t.tail, 1), 0)
	})
	// Signed offsets need version 1 of ctts and an edit that players treat
	// differently; moved up by the lowest, they are all positive.
	lowest := min(t.lowest, 0)
	if len(t.offsets) > 1 || int32(t.offsets[0].value) != lowest {
		w.full("ctts", 0, 0, func() { w.runs(t.offsets, lowest) })
	}
	if len(t.syncs) < t.len() {
		w.full("stss", 0, 0, func() {
			w.u32(uint32(len(t.syncs)))
			for _, n := range t.syncs {
				w.u32(n)
			}
		})
	}
	w.full("stsc", 0, 0, func() { w.chunks(t.chunks) })
	w.full("stsz", 0, 0, func() {
		w.u32(0)
		w.u32(uint32(t.len()))
		for _, n := range t.sizes {
			w.u32(n)
		}
	})
	w.offsets(offsets)
	if t.box.sgpd != nil {
		w.rollGroup(t)
	}
}

// runs appends the entries of stts or ctts (clauses 8.6.1.2, 8.6.1.3).
func (w *builder) runs(runs []run32, lowest int32) {
	w.u32(uint32(len(runs)))
	for _, r := range runs {
		w.u32(r.count)
		w.u32(r.value - uint32(lowest))
	}
}

// chunks appends the entries of stsc (clause 8.7.4): one for each chunk that
// differs from the one before it.
func (w *builder) chunks(chunks []chunk) {
	at := len(w.b)
	w.u32(0)
	var n uint32
	for i, c := range chunks {
		if i > 0 && c.count == chunks[i-1].count && c.entry == chunks[i-1].entry {
			continue
		}
		w.u32(uint32(i + 1))
		w.u32(c.count)
		w.u32(c.entry)
		n++
	}
	binary.BigEndian.PutUint32(w.b[at:], n)
}

// offsets appends stco, or co64 where an offset needs it (clause 8.7.5).
func (w *builder) offsets(offsets []int64) {
	long := false
	for _, o := range offsets {
		long = long || o > math.MaxUint32
	}
	typ := "stco"
	if long {
		typ = "co64"
	}
	w.full(typ, 0, 0, func() {
		w.u32(uint32(len(offsets)))
		for _, o := range offsets {
			if long {
				w.u64(uint64(o))
			} else {
				w.u32(uint32(o))
			}
		}
	})
}

// rollGroup repeats the encoder's sample group descriptions and puts all
// samples into the first one of type roll (clauses 8.9 and 10.1): each packet
// of AAC needs the one before it to be decoded.
func (w *builder) rollGroup(t *track) {
	w.raw(t.box.sgpd)
	for b := range boxes(t.box.sgpd) {
		if len(b.body) < 8 || string(b.body[4:8]) != "roll" {
			continue
		}
		w.full("sbgp", 0, 0, func() {
			w.str("roll")
			w.u32(1)
			w.u32(uint32(t.len()))
			w.u32(1)
		})
	}
}

// version returns 1 when a number needs the 64-bit fields of a header box.
func version(numbers ...uint64) uint8 {
	for _, n := range numbers {
		if n > math.MaxUint32 {
			return 1
		}
	}
	return 0
}

// epoch1904 returns seconds since the beginning of 1904 UTC (clause 8.2.2), or
// 0 for the zero time.
func epoch1904(t time.Time) uint64 {
	const offset = 2082844800 // from 1904 to 1970
	if t.IsZero() || t.Unix() < -offset {
		return 0
	}
	return uint64(t.Unix() + offset)
}
