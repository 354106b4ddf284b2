package mp4

import (
	"math"
	"math/bits"
	"time"
)

// shown is the place of a track in the finished movie.
type shown struct {
	edits []edit // of the edit list, in the movie's timescale
	start time.Duration
	end   time.Duration
	total uint64 // sum of the edits, movie ticks
}

// plan decides, for each track that has samples, what its edit list says
// (clause 8.6.6). It undoes three delays: the samples from which an audio
// decoder primes itself, the composition offset of the first picture, and the
// tracks' common start at any instant of any clock.
func (ix *Index) plan(tracks []*track) (plans []shown, timescale uint32) {
	for _, t := range tracks {
		t.straighten()
	}
	timescale = movieTimescale(tracks)
	zeroed := ix.startsAtZero()
	starts := make([]int64, len(tracks))
	for i, t := range tracks {
		starts[i] = t.audible(ix.settings.Priming)
	}
	origin := time.Duration(math.MaxInt64)
	for i, t := range tracks {
		origin = min(origin, ticksToTime(starts[i], t.box.timescale))
	}
	if ix.settings.Origin != nil && !zeroed {
		origin = *ix.settings.Origin
	}
	for i, t := range tracks {
		from := starts[i] // where the track is cut in, in its own ticks
		zero := from      // where the movie begins, in its own ticks
		if !zeroed {
			zero = originTicks(origin, tracks, starts, i, ix.settings.Origin != nil)
		}
		from = max(from, zero)
		if ix.until > 0 && !zeroed {
			t.stand(zero + timeToTicks(ix.until, t.box.timescale))
		}
		end := max(t.presentedEnd(), t.earliest+1)
		// A track that has ended before the movie begins keeps its last tick,
		// because a media box has to have a duration.
		from = min(from, end-1)
		if ix.until > 0 && !zeroed {
			end = max(min(end, zero+timeToTicks(ix.until, t.box.timescale)), from+1)
		}
		var p shown
		if delay := scale(from-zero, t.box.timescale, timescale, false); delay > 0 {
			p.edits = append(p.edits, edit{duration: uint64(delay), media: -1})
			p.total += uint64(delay)
		}
		// Rounded up: a player leaves out what begins after the edit's end.
		length := uint64(max(scale(end-from, t.box.timescale, timescale, true), 1))
		p.edits = append(p.edits, edit{duration: length, media: from - t.mediaStart()})
		p.total += length
		p.start = ticksToTime(max(from-zero, 0), t.box.timescale)
		p.end = ticksToTime(max(end-zero, 0), t.box.timescale)
		plans = append(plans, p)
	}
	return plans, timescale
}

// originTicks returns the origin in the ticks of track i. When the origin is
// the start of a track it is converted from that track's ticks, not from
// nanoseconds, so that nothing is rounded twice.
func originTicks(origin time.Duration, tracks []*track, starts []int64, i int, given bool) int64 {
	to := tracks[i].box.timescale
	if !given {
		for k, t := range tracks {
			if ticksToTime(starts[k], t.box.timescale) == origin {
				return scale(starts[k], t.box.timescale, to, false)
			}
		}
	}
	return timeToTicks(origin, to)
}

// audible returns the presented time at which a track begins to show what was
// recorded: for sound, after its priming.
func (t *track) audible(option int) int64 {
	if t.box.handler != "soun" || option < 0 {
		return t.earliest
	}
	samples := int64(option)
	if option == 0 {
		samples = int64(priming(t.box.entries[0]))
	}
	ticks := samples
	if rate := audioRate(t.box.entries[0]); rate != 0 && rate != t.box.timescale {
		ticks = scale(samples, rate, t.box.timescale, false)
	}
	if t.earliest+ticks >= t.presentedEnd() {
		return t.earliest // so short that it is all priming: better heard than lost
	}
	return t.earliest + ticks
}

// mediaStart returns the time that is zero on the finished track's media
// timeline, where the first sample decodes at 0 and no composition offset is
// negative.
func (t *track) mediaStart() int64 { return t.first + int64(min(t.lowest, 0)) }

// straighten undoes what ffmpeg does to a track of AAC that begins after
// another one when it can neither write an edit list nor absolute times: it
// makes the first packet, which is only priming, last until the second. A
// packet lasts as long as its samples.
func (t *track) straighten() {
	if t.len() < 2 || t.box.codec() != "mp4a" || audioRate(t.box.entries[0]) != t.box.timescale {
		return
	}
	first := t.deltas[0].value
	if first <= aacFrame || t.deltas[0].count != 1 {
		return
	}
	t.deltas[0].value = aacFrame
	t.first += int64(first - aacFrame)
	t.earliest += int64(first - aacFrame)
	if t.longestAt == t.first-int64(first-aacFrame) {
		t.measure()
	}
}

// stand makes the last picture last until the instant until, if it ends before:
// an encoder's last picture lasts for one slot, or for a guess, and what the page
// showed then it showed until the end. Sound has no such thing.
func (t *track) stand(until int64) {
	longer := until - t.presentedEnd()
	if t.box.handler != "vide" || !t.lastIsLatest || longer <= 0 || int64(t.tail)+longer > math.MaxInt32 {
		return
	}
	t.tail += uint32(longer)
	t.latestFor = t.tail
}

// movieTimescale returns the ticks a second of the edit lists: the sound's
// sampling rate, in which its edits are exact, and all of a picture's at rates
// that divide it; others are 10 us off at most. At 48 kHz 32 bits last for 24.8
// hours, so that older players, which know no version 1 boxes, are served.
// Without sound it is the largest timescale of the tracks.
func movieTimescale(tracks []*track) uint32 {
	var largest uint32
	for _, t := range tracks {
		if t.box.handler == "soun" && audioRate(t.box.entries[0]) == t.box.timescale {
			return t.box.timescale
		}
		largest = max(largest, t.box.timescale)
	}
	return largest
}

// scale converts ticks to another timescale, rounded to the nearest or up.
func scale(ticks int64, from, to uint32, up bool) int64 {
	if ticks < 0 {
		return -scale(-ticks, from, to, false)
	}
	hi, lo := bits.Mul64(uint64(ticks), uint64(to))
	add := uint64(from) / 2
	if up {
		add = uint64(from) - 1
	}
	lo, carry := bits.Add64(lo, add, 0)
	hi += carry
	if hi >= uint64(from) {
		return math.MaxInt64 / 4
	}
	q, _ := bits.Div64(hi, lo, uint64(from))
	return int64(min(q, math.MaxInt64/4))
}
