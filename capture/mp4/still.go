package mp4

import (
	"slices"
	"time"
)

// Still tells how many pictures of the video track begin before end, after the
// track's first, how many of them are coded in at most limit bytes, and the
// longest time without a larger one. An encoder codes a picture that shows the
// one before again in a few bytes, so this tells repeated pictures without
// decoding any.
func (ix *Index) Still(limit uint32, end time.Duration) (pictures, still int, longest time.Duration) {
	i := slices.IndexFunc(ix.tracks, func(t *track) bool { return t.box.handler == "vide" && t.len() > 0 })
	if i < 0 {
		return 0, 0, 0
	}
	t := ix.tracks[i]
	var at, since, most int64 // ticks
	last := timeToTicks(end, t.box.timescale)
	n := 0
	next := func(delta int64) {
		switch {
		case at >= last:
		case t.sizes[n] <= limit:
			still++
			pictures++
		default:
			most = max(most, at-since)
			since = at
			pictures++
		}
		n++
		at += delta
	}
	for _, run := range t.deltas {
		for range run.count {
			next(int64(run.value))
		}
	}
	if n < t.len() {
		next(int64(t.tail))
	}
	return pictures, still, ticksToTime(max(most, min(at, last)-since), t.box.timescale)
}
