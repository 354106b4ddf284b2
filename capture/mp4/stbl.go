package mp4

import (
	"math"
)

// readTables takes the movie box of a finished file of size bytes: its sample
// tables (clauses 8.5 to 8.7) and edit lists.
func (ix *Index) readTables(m *movieBox, size int64) error {
	ix.movie = m
	for _, b := range m.tracks {
		t := &track{box: b}
		if err := t.read(b.stbl, size); err != nil {
			return err
		}
		t.box.stbl = nil
		t.shown = t.edited(m.timescale)
		ix.tracks = append(ix.tracks, t)
	}
	if ix.samples() == 0 {
		return ErrNoMedia
	}
	return nil
}

// rawTables are the boxes of a sample table.
type rawTables struct{ stts, ctts, stss, stsc, stsz, stco, co64 []byte }

// read takes the sample table in body.
func (t *track) read(body []byte, size int64) error {
	var raw rawTables
	for b, err := range boxes(body) {
		if err != nil {
			return err
		}
		switch b.typ {
		case "stts":
			raw.stts = b.body
		case "ctts":
			raw.ctts = b.body
		case "stss":
			raw.stss = b.body
		case "stsc":
			raw.stsc = b.body
		case "stsz":
			raw.stsz = b.body
		case "stco":
			raw.stco = b.body
		case "co64":
			raw.co64 = b.body
		}
	}
	sizes, err := readSizes(raw.stsz, size)
	if err != nil || len(sizes) == 0 {
		return err
	}
	deltas, err := readRuns(raw.stts, len(sizes))
	if err != nil {
		return err
	}
	offsets := []run32{{count: uint32(len(sizes))}}
	if raw.ctts != nil {
		if offsets, err = readRuns(raw.ctts, len(sizes)); err != nil {
			return err
		}
	}
	chunks, err := readChunks(raw, len(sizes))
	if err != nil {
		return err
	}
	syncs, err := readSyncs(raw.stss, len(sizes))
	if err != nil {
		return err
	}
	return t.fill(sizes, deltas, offsets, syncs, chunks, size)
}

// fill appends all samples, so that what is known of them is the same as when
// they were recorded.
func (t *track) fill(sizes []uint32, deltas, offsets []run32, syncs map[uint32]bool, chunks []chunk, size int64) error {
	delta, offset := runs{left: deltas}, runs{left: offsets}
	var dts int64
	n := 0
	for _, c := range chunks {
		at := c.offset
		for range c.count {
			s := sample{size: sizes[n], duration: delta.next(), offset: int32(offset.next())}
			s.sync = syncs == nil || syncs[uint32(n+1)]
			if at < 0 || at > size || int64(s.size) > size-at {
				return malformed("sample %d lies outside the file", n+1)
			}
			if s.duration > math.MaxInt32 || dts > maxTime {
				return malformed("sample of %d ticks", s.duration)
			}
			t.append(s, dts, at, c.entry)
			dts += int64(s.duration)
			at += int64(s.size)
			n++
		}
	}
	return nil
}

func readSizes(body []byte, size int64) ([]uint32, error) {
	if body == nil {
		return nil, malformed("no sample sizes")
	}
	f := fields{b: body}
	f.full()
	same, count := f.u32(), f.u32()
	if f.short || same == 0 && int64(count) > int64(len(f.b)/4) || same != 0 && int64(count) > size/int64(same) {
		return nil, malformed("%d sample sizes", count)
	}
	sizes := make([]uint32, count)
	for i := range sizes {
		if sizes[i] = same; same == 0 {
			sizes[i] = f.u32()
		}
	}
	return sizes, nil
}

// readRuns reads stts or ctts, which must tell of n samples.
func readRuns(body []byte, n int) ([]run32, error) {
	f := fields{b: body}
	f.full()
	count := f.u32()
	if f.short || int64(count) > int64(len(f.b)/8) {
		return nil, malformed("table of %d entries", count)
	}
	runs := make([]run32, 0, count)
	left := int64(n)
	for range count {
		r := run32{f.u32(), f.u32()}
		left -= int64(r.count)
		runs = append(runs, r)
	}
	if left != 0 {
		return nil, malformed("times of %d samples, not %d", int64(n)-left, n)
	}
	return runs, nil
}

// readSyncs returns the numbers of the sync samples; nil means all.
func readSyncs(body []byte, n int) (map[uint32]bool, error) {
	if body == nil {
		return nil, nil
	}
	f := fields{b: body}
	f.full()
	count := f.u32()
	if f.short || int64(count) > int64(len(f.b)/4) || int64(count) > int64(n) {
		return nil, malformed("%d sync samples", count)
	}
	syncs := make(map[uint32]bool, count)
	for range count {
		syncs[f.u32()] = true
	}
	return syncs, nil
}

// readChunks joins stsc with stco or co64; the chunks must hold n samples.
func readChunks(raw rawTables, n int) ([]chunk, error) {
	body, width := raw.stco, 4
	if raw.co64 != nil {
		body, width = raw.co64, 8
	}
	o := fields{b: body}
	o.full()
	count := o.u32()
	if o.short || int64(count) > int64(len(o.b)/width) {
		return nil, malformed("%d chunk offsets", count)
	}
	f := fields{b: raw.stsc}
	f.full()
	entries := f.u32()
	if f.short || int64(entries) > int64(len(f.b)/12) || entries == 0 {
		return nil, malformed("%d sample-to-chunk entries", entries)
	}
	chunks := make([]chunk, 0, count)
	left := int64(n)
	first, samples, entry := f.u32(), f.u32(), f.u32()
	if first != 1 {
		return nil, malformed("sample-to-chunk box begins with chunk %d", first)
	}
	next := f
	for i := range count {
		if at := (&next).peek(); len(next.b) >= 12 && entries > 1 && at == i+1 {
			next.u32()
			samples, entry = next.u32(), next.u32()
			entries--
		}
		c := chunk{count: samples, entry: entry}
		if width == 8 {
			c.offset = int64(o.u64())
		} else {
			c.offset = int64(o.u32())
		}
		if left -= int64(samples); left < 0 {
			break
		}
		chunks = append(chunks, c)
	}
	if left != 0 {
		return nil, malformed("chunks of %d samples, not %d", int64(n)-left, n)
	}
	return chunks, nil
}

// peek returns the next number without taking it.
func (f fields) peek() uint32 { return f.u32() }

// edited returns the track's place in the movie as its edit list says.
func (t *track) edited(timescale uint32) *shown {
	s := &shown{edits: t.box.edits}
	var at, length uint64
	for _, e := range t.box.edits {
		if e.media == -1 && length == 0 {
			at += e.duration
		} else {
			length += e.duration
		}
		if at > maxTime || length > maxTime {
			return &shown{}
		}
	}
	if len(t.box.edits) == 0 {
		s.start = ticksToTime(t.earliest, t.box.timescale)
		s.end = ticksToTime(t.presentedEnd(), t.box.timescale)
		return s
	}
	s.total = at + length
	s.start = ticksToTime(int64(at), timescale)
	s.end = ticksToTime(int64(s.total), timescale)
	return s
}
