package mp4

import (
	"math"
	"time"
)

// whole returns up to which instant of the finished movie everything is there:
// where another encoder has to begin, so that it neither leaves a gap nor loses
// a picture. That is the end of the track that ends first, or, where it is the
// sound that ends first, the start of the picture shown then: a sync picture at
// that instant takes its place (see Restart), and pictures stay on their grid. A
// track that ended long before the furthest one says nothing.
func (ix *Index) whole() time.Duration {
	tracks := ix.used()
	if len(tracks) == 0 {
		return 0
	}
	end, furthest := time.Duration(math.MaxInt64), time.Duration(math.MinInt64)
	for _, t := range tracks {
		furthest = max(furthest, ticksToTime(t.presentedEnd(), t.box.timescale))
	}
	for _, t := range tracks {
		if e := ticksToTime(t.presentedEnd(), t.box.timescale); furthest-e < mostOverlap {
			end = min(end, e)
		}
	}
	for _, t := range tracks {
		if t.box.handler == "vide" {
			end = min(end, ticksToTime(t.shownAt(timeToTicks(end, t.box.timescale)), t.box.timescale))
		}
	}
	return max(end-ix.began(tracks), 0)
}

// shownAt returns when the picture that is shown at an instant begins, or the
// end of the last one when that is not later.
func (t *track) shownAt(at int64) int64 {
	if end := t.presentedEnd(); end <= at {
		return end
	}
	dts := t.last
	offsets, deltas := backwards{t.offsets, 0}, backwards{t.deltas, 0}
	for range t.len() {
		// Of pictures that are decoded in another order than they are shown in,
		// this is one near enough.
		if shown := dts + int64(int32(offsets.next())); shown <= at {
			return shown
		}
		dts -= int64(deltas.next())
	}
	return t.earliest
}

// began returns the instant, on the clock of the fragments, that is the movie's
// zero.
func (ix *Index) began(tracks []*track) time.Duration {
	if ix.settings.Origin != nil && !ix.startsAtZero() {
		return *ix.settings.Origin
	}
	from := time.Duration(math.MaxInt64)
	for _, t := range tracks {
		from = min(from, ticksToTime(t.audible(ix.settings.Priming), t.box.timescale))
	}
	return from
}

// startsAtZero tells whether the muxer moved each track's first time to 0.
func (ix *Index) startsAtZero() bool {
	return ix.settings.Timing == TimingZeroed || ix.settings.Timing == TimingAuto && ix.zeroed
}
