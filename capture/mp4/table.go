package mp4

import "math"

// sample is one access unit as a track run box tells it (clause 8.8.8).
type sample struct {
	size     uint32 // bytes
	duration uint32 // ticks
	offset   int32  // composition offset: ticks
	sync     bool
}

// run32 is a value that repeats.
type run32 struct {
	count uint32
	value uint32
}

// chunk is a stretch of one track's samples without a foreign byte in between.
type chunk struct {
	offset int64 // in the file, bytes
	count  uint32
	entry  uint32 // sample description, from 1
}

// table is the index of a track's samples in decoding order. It takes four
// bytes for each sample, and what does not repeat in times, composition
// offsets and sync points. Times are ticks of the track's timescale.
type table struct {
	sizes   []uint32
	deltas  []run32 // from one decode time to the next: one less than there are samples
	offsets []run32 // composition offsets, as int32
	syncs   []uint32
	chunks  []chunk

	first int64  // decode time of the first sample
	last  int64  // decode time of the last sample
	tail  uint32 // duration of the last sample
	bytes int64

	chunkBytes int64 // of the last chunk

	// Presented times, from composition offsets: the earliest, the latest, and
	// how long the sample of the latest lasts.
	earliest, latest int64
	latestFor        uint32
	lastIsLatest     bool
	lowest           int32 // composition offset

	longest   uint32 // of the deltas
	longestAt int64  // decode time at its start
}

func (t *table) len() int { return len(t.sizes) }

// end returns the decode time at which a next sample would follow on.
func (t *table) end() int64 { return t.last + int64(t.tail) }

// presentedEnd returns when the last sample stops to be presented.
func (t *table) presentedEnd() int64 { return t.latest + int64(t.latestFor) }

// follows tells whether a sample at decode time dts can be appended: it is
// after the last one, and by a delta that the tables can hold.
func (t *table) follows(dts int64) bool {
	return t.len() == 0 || dts > t.last && dts-t.last <= math.MaxInt32
}

// append adds a sample at decode time dts, at byte offset at of the file. The
// duration of the sample before it becomes the true distance, whatever its
// fragment had announced.
func (t *table) append(s sample, dts, at int64, entry uint32) {
	n := t.len()
	if n == 0 {
		t.first = dts
		t.earliest, t.latest = math.MaxInt64, math.MinInt64
	} else {
		t.setLast(uint32(dts - t.last))
	}
	t.sizes = append(t.sizes, s.size)
	t.offsets = push(t.offsets, uint32(s.offset), 1)
	if s.sync {
		t.syncs = append(t.syncs, uint32(n+1))
	}
	if c := len(t.chunks) - 1; c >= 0 && t.chunks[c].entry == entry && t.chunks[c].offset+t.chunkBytes == at {
		t.chunks[c].count++
	} else {
		t.chunks = append(t.chunks, chunk{offset: at, count: 1, entry: entry})
		t.chunkBytes = 0
	}
	t.chunkBytes += int64(s.size)
	t.bytes += int64(s.size)
	t.last, t.tail = dts, s.duration
	t.present(dts+int64(s.offset), s)
}

// present notes the presented time of the newest sample.
func (t *table) present(at int64, s sample) {
	t.earliest = min(t.earliest, at)
	t.lowest = min(t.lowest, s.offset)
	t.lastIsLatest = at > t.latest
	if t.lastIsLatest {
		t.latest, t.latestFor = at, s.duration
	}
}

// setLast fixes the duration of the last sample, now that the next is known.
func (t *table) setLast(delta uint32) {
	t.deltas = push(t.deltas, delta, 1)
	if delta > t.longest {
		t.longest, t.longestAt = delta, t.last
	}
	if t.lastIsLatest {
		t.latestFor = delta
	}
}

// measure finds the longest delta again.
func (t *table) measure() {
	t.longest, t.longestAt = 0, t.first
	at := t.first
	for _, r := range t.deltas {
		if r.value > t.longest {
			t.longest, t.longestAt = r.value, at
		}
		at += int64(r.count) * int64(r.value)
	}
}

func push(runs []run32, value, count uint32) []run32 {
	if n := len(runs) - 1; n >= 0 && runs[n].value == value {
		runs[n].count += count
		return runs
	}
	return append(runs, run32{count, value})
}

// runs walks values that are stored as runs, one at a time.
type runs struct {
	left []run32
	used uint32
}

func (r *runs) next() uint32 {
	for len(r.left) > 0 && r.used == r.left[0].count {
		r.left, r.used = r.left[1:], 0
	}
	if len(r.left) == 0 {
		return 0
	}
	r.used++
	return r.left[0].value
}
