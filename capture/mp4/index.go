package mp4

import (
	"bytes"
	"math"
	"slices"
	"time"
)

// Index is what is known of a recording: its tracks, where each sample lies,
// and its fragments. A Writer builds one as the bytes pass, Scan from a file.
// It is not safe for concurrent use.
type Index struct {
	movie     *movieBox
	tracks    []*track
	fragments []Fragment
	inits     []Range // initialisation segments, in the order of the file
	epoch     epoch
	head      head
	settings  settings
	end       int64 // of the last whole fragment, or else of the head, bytes
	finished  bool
	zeroed    bool          // every track's times were moved to begin at 0
	until     time.Duration // after the movie's start, where its presentation ends; 0 for where the samples do
}

// Range is a stretch of the file, in bytes.
type Range struct{ Offset, Size int64 }

// Fragment is one movie fragment with its media data.
type Fragment struct {
	Range                  // of the moof and mdat boxes
	Start    time.Duration // decode time of the first sample of the first video track in it, else of the first track
	Duration time.Duration // of the samples that Start is the first of
	Sync     bool          // decoding can start here: its picture begins with a sync sample, or there is no video track
	Init     int           // index of the initialisation segment it belongs to
	End      time.Duration // decode time at which the last of its tracks ends
}

// head is the layout of a file's first bytes.
type head struct {
	ftyp    []byte // whole box
	note    int64  // bytes of the options kept in the reserve
	reserve Range  // of the free box between ftyp and the first movie box; Size 0 if there is none
}

// track is a track of the recording, over all of its encoders.
type track struct {
	table
	box     trackBox
	shown   *shown // of a finished file: what its edit list says
	skipped int    // samples left out: before the first sync sample, or overlapping
	waiting bool   // for a sync sample
}

// epoch is what holds for the fragments behind one initialisation segment.
type epoch struct {
	tracks  []trackBox // in the order of the index's tracks
	entries [][]uint32 // for each track, the index's sample description for each of the segment's
	init    int
}

// begin takes an initialisation segment that lies at r. The first one
// determines the tracks; another one must have tracks of the same kinds and
// timescales, and may bring new sample descriptions.
func (ix *Index) begin(m *movieBox, r Range) error {
	if !m.fragmented {
		return ErrUnsupported
	}
	if ix.movie == nil {
		ix.movie = m
		for _, t := range m.tracks {
			ix.tracks = append(ix.tracks, &track{box: t})
		}
	}
	e, fresh, err := ix.match(m)
	if err != nil {
		return err
	}
	e.init = max(len(ix.inits)-1, 0)
	if fresh || len(ix.inits) == 0 {
		e.init = len(ix.inits)
		ix.inits = append(ix.inits, r)
	}
	ix.epoch = e
	return nil
}

// match pairs the tracks of a movie box with those of the index, and adds
// sample descriptions that are new. fresh tells whether there were any.
func (ix *Index) match(m *movieBox) (e epoch, fresh bool, err error) {
	if len(m.tracks) != len(ix.tracks) {
		return e, false, ErrIncompatible
	}
	for i, t := range m.tracks {
		have := &ix.tracks[i].box
		if t.handler != have.handler || t.timescale != have.timescale {
			return e, false, ErrIncompatible
		}
		e.tracks = append(e.tracks, t)
		var entries []uint32
		for _, raw := range t.entries {
			at := slices.IndexFunc(have.entries, func(b []byte) bool { return bytes.Equal(b, raw) })
			if at < 0 {
				at, fresh = len(have.entries), true
				have.entries = append(have.entries, raw)
			}
			entries = append(entries, uint32(at+1))
		}
		e.entries = append(e.entries, entries)
	}
	return e, fresh, nil
}

// known tells whether a movie box brings nothing new, so that its fragments
// can follow on without it.
func (ix *Index) known(m *movieBox) bool {
	if len(m.tracks) != len(ix.tracks) || len(ix.epoch.tracks) != len(m.tracks) {
		return false
	}
	for i, t := range m.tracks {
		now := &ix.epoch.tracks[i]
		if t.id != now.id || t.handler != now.handler || t.timescale != now.timescale || t.trex != now.trex ||
			!slices.EqualFunc(t.entries, now.entries, bytes.Equal) {
			return false
		}
	}
	return true
}

// add takes a fragment whose media is all there. It ends at offset end.
func (ix *Index) add(m *moof, end int64) error {
	for _, t := range m.trafs {
		if int64(t.entry) < 1 || int64(t.entry) > int64(len(ix.epoch.entries[t.track])) {
			return malformed("sample description %d", t.entry)
		}
		if ix.tracks[t.track].len() > math.MaxInt32 {
			return malformed("too many samples")
		}
		// Before anything is taken, so that a fragment is taken whole or not.
		if tr := ix.tracks[t.track]; t.hasTime && t.time > tr.last && !tr.follows(t.time) {
			return malformed("decode time jumps from %d to %d", tr.last, t.time)
		}
	}
	fragment := Fragment{Range: Range{m.at, end - m.at}, Sync: true, Init: ix.epoch.init}
	reference, ended := ix.reference(m), false
	if len(ix.fragments) == 0 {
		ix.zeroed = zeroed(m)
	}
	for i, t := range m.trafs {
		tr := ix.tracks[t.track]
		dts := t.time
		if !t.hasTime {
			dts = tr.end()
		}
		duration := m.duration(t)
		if i == reference {
			fragment.Start = ticksToTime(dts, tr.box.timescale)
			fragment.Duration = ticksToTime(duration, tr.box.timescale)
		}
		if end := ticksToTime(dts+duration, tr.box.timescale); duration > 0 && (end > fragment.End || !ended) {
			fragment.End, ended = end, true
		}
		ix.addTraf(m, t, tr, dts)
	}
	if v := slices.IndexFunc(ix.tracks, func(t *track) bool { return t.box.handler == "vide" }); v >= 0 {
		fragment.Sync = m.startsWithSync(v)
	}
	ix.fragments = append(ix.fragments, fragment)
	ix.end = end
	return nil
}

// reference returns the index of the part whose time stands for the fragment.
func (ix *Index) reference(m *moof) int {
	for i, t := range m.trafs {
		if ix.tracks[t.track].box.handler == "vide" && t.end > t.first {
			return i
		}
	}
	for i, t := range m.trafs {
		if t.end > t.first {
			return i
		}
	}
	return 0
}

func (m *moof) startsWithSync(track int) bool {
	for _, t := range m.trafs {
		if t.track == track && m.end(t) > m.first(t) {
			return m.samples[m.first(t)].sync
		}
	}
	return false
}

func (m *moof) duration(t traf) (ticks int64) {
	for _, s := range m.samples[m.first(t):m.end(t)] {
		ticks += int64(s.duration)
	}
	return ticks
}

// first and end bound the samples of a track fragment.
func (m *moof) first(t traf) int {
	if t.first == t.end {
		return 0
	}
	return m.runs[t.first].first
}

func (m *moof) end(t traf) int {
	if t.first == t.end {
		return 0
	}
	return m.runs[t.end-1].end
}

// addTraf appends a track's samples. Those that can't be shown are left out:
// pictures before the first sync sample, and samples that begin before the
// ones already there have ended, as a restarted encoder may send them. A sync
// picture that begins little before that takes the place of what was there.
func (ix *Index) addTraf(m *moof, t traf, tr *track, dts int64) {
	entry := ix.epoch.entries[t.track][t.entry-1]
	picture := tr.box.handler == "vide"
	if picture && tr.len() == 0 {
		tr.waiting = true
	}
	for _, r := range m.runs[t.first:t.end] {
		at := r.at
		for _, s := range m.samples[r.first:r.end] {
			if tr.replaces(s, dts) {
				tr.skipped += tr.cut(dts)
			}
			switch {
			case tr.len() > 0 && dts <= tr.last:
				tr.skipped++
				tr.waiting = picture
			case tr.waiting && !s.sync, !tr.follows(dts):
				tr.skipped++
			default:
				tr.waiting = false
				tr.append(s, dts, at, entry)
			}
			dts += int64(s.duration)
			at += int64(s.size)
		}
	}
}

// zeroed tells whether the first fragment looks like one of ffmpeg's with
// negative_cts_offsets and without frag_discont: there each track begins at 0
// whatever its true start. ffmpeg writes version 1 of trun with the former
// flag only.
func zeroed(m *moof) bool {
	for _, t := range m.trafs {
		if !t.hasTime || t.time != 0 {
			return false
		}
	}
	return m.signed
}

// End sets where the presentation of the finished movie ends, after its start:
// what the samples hold beyond that is cut off by the edit list. It needs
// absolute times and is not kept in the file.
func (ix *Index) End(after time.Duration) { ix.until = after }

// samples returns how many samples the index holds.
func (ix *Index) samples() (n int) {
	for _, t := range ix.tracks {
		n += t.len()
	}
	return n
}

// ticksToTime converts without losing range: hours since boot in any timescale.
func ticksToTime(ticks int64, timescale uint32) time.Duration {
	whole, part := ticks/int64(timescale), ticks%int64(timescale)
	const limit = int64(math.MaxInt64) / 2 / int64(time.Second)
	if whole > limit || whole < -limit {
		whole = min(max(whole, -limit), limit)
	}
	return time.Duration(whole)*time.Second + time.Duration(part*int64(time.Second)/int64(timescale))
}

// timeToTicks is its inverse, rounded to the nearest tick.
func timeToTicks(d time.Duration, timescale uint32) int64 {
	whole, part := int64(d/time.Second), int64(d%time.Second)
	ticks := part * int64(timescale)
	if ticks < 0 {
		ticks -= int64(time.Second) / 2
	} else {
		ticks += int64(time.Second) / 2
	}
	return whole*int64(timescale) + ticks/int64(time.Second)
}
