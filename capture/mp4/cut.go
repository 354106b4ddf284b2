package mp4

import (
	"math"
	"time"
)

// mostOverlap bounds how much of what is there a restarted encoder replaces: an
// encoder that is told to end goes on for some pictures. What goes further back
// is left out instead, so that no fragment can make a recording disappear.
const mostOverlap = time.Second

// reorderDepth is the most pictures by which decoding and presenting differ
// (H.264, max_num_reorder_frames).
const reorderDepth = 16

// replaces tells whether a sync sample at decode time dts takes the place of
// the samples from there on.
func (t *track) replaces(s sample, dts int64) bool {
	return t.box.handler == "vide" && s.sync && t.len() > 0 && dts <= t.last && dts > t.first &&
		t.last-dts < timeToTicks(mostOverlap, t.box.timescale)
}

// cut takes out the samples at decode time dts and later, and returns how many
// there were. The first one stays in any case.
func (t *table) cut(dts int64) (n int) {
	for t.len() > 1 && t.last >= dts {
		t.pop()
		n++
	}
	if n == 0 {
		return 0
	}
	t.measure()
	t.latest, t.latestFor, t.lastIsLatest = math.MinInt64, 0, false
	at, duration := t.last, t.tail
	offsets, deltas := backwards{t.offsets, 0}, backwards{t.deltas, 0}
	for i := range min(t.len(), reorderDepth+1) {
		if shown := at + int64(int32(offsets.next())); shown > t.latest {
			t.latest, t.latestFor, t.lastIsLatest = shown, duration, i == 0
		}
		duration = deltas.next()
		at -= int64(duration)
	}
	return n
}

// pop takes out the last sample; it is not the only one.
func (t *table) pop() {
	n := t.len()
	size := int64(t.sizes[n-1])
	t.sizes = t.sizes[:n-1]
	t.bytes -= size
	t.offsets, _ = popRun(t.offsets)
	if s := len(t.syncs) - 1; s >= 0 && t.syncs[s] == uint32(n) {
		t.syncs = t.syncs[:s]
	}
	c := &t.chunks[len(t.chunks)-1]
	c.count--
	t.chunkBytes -= size
	if c.count == 0 {
		t.chunks = t.chunks[:len(t.chunks)-1]
		t.chunkBytes = 0
		for _, s := range t.sizes[t.len()-int(t.chunks[len(t.chunks)-1].count):] {
			t.chunkBytes += int64(s)
		}
	}
	t.deltas, t.tail = popRun(t.deltas)
	t.last -= int64(t.tail)
}

func popRun(runs []run32) ([]run32, uint32) {
	n := len(runs) - 1
	value := runs[n].value
	if runs[n].count--; runs[n].count == 0 {
		runs = runs[:n]
	}
	return runs, value
}

// backwards walks values that are stored as runs from the last one on.
type backwards struct {
	left []run32
	used uint32
}

func (b *backwards) next() uint32 {
	for len(b.left) > 0 && b.used == b.left[len(b.left)-1].count {
		b.left, b.used = b.left[:len(b.left)-1], 0
	}
	if len(b.left) == 0 {
		return 0
	}
	b.used++
	return b.left[len(b.left)-1].value
}
