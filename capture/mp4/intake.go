package mp4

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"
)

// whole takes a box that was gathered: ftyp, moov or moof. in is how many
// bytes were taken up to its end.
func (w *Writer) whole(h boxHeader, in int64) error {
	switch h.typ {
	case "ftyp":
		w.ftyp = bytes.Clone(w.buf)
		w.origin = in - int64(len(w.buf))
		return nil
	case "moov":
		m, err := parseMovie(w.buf[h.len:])
		switch {
		case err != nil:
			return err
		case !m.fragmented:
			return fmt.Errorf("%w: not fragmented", ErrUnsupported)
		case w.ftyp == nil:
			return malformed("movie box before ftyp")
		case len(w.ix.inits) == 0:
			return w.firstInit(m)
		}
		return w.nextInit(m)
	default:
		if len(w.ix.inits) == 0 {
			return malformed("fragment before the movie box")
		}
		return w.fragment(h, in)
	}
}

// firstInit lays out the head of the file.
func (w *Writer) firstInit(m *movieBox) error {
	ftyp, err := brands(w.ftyp)
	if err != nil {
		return err
	}
	tail, err := reserveTail(w.ix.settings, ftyp)
	if err != nil {
		return err
	}
	reserve := Range{int64(len(ftyp)), shortHeader + max(w.opt.Reserve, minReserve) + int64(len(tail))}
	var start builder
	start.raw(ftyp)
	start.u32(uint32(reserve.Size))
	start.str("free")
	if err := w.out.writeAt(start.b, 0); err != nil {
		return err
	}
	end := reserve.Offset + reserve.Size
	if err := w.out.room(int64(len(start.b)), end-int64(len(tail))-int64(len(start.b))); err != nil {
		return err
	}
	if err := w.out.writeAt(append(tail, w.buf...), end-int64(len(tail))); err != nil {
		return err
	}
	size := int64(len(ftyp) + len(w.buf))
	if err := w.ix.begin(m, Range{end - int64(len(ftyp)), size}); err != nil {
		return err
	}
	w.ix.head = head{ftyp: ftyp, reserve: reserve, note: int64(len(tail)-len(ftyp)) - slotSize}
	w.at = end + int64(len(w.buf))
	w.safe, w.ix.end = w.at, w.at
	w.report()
	return nil
}

// brands returns the file type box with the brands that the finished file
// answers to as well (clause 4.3).
func brands(ftyp []byte) ([]byte, error) {
	if len(ftyp) < 16 || len(ftyp)%4 != 0 || binary.BigEndian.Uint32(ftyp) == 1 {
		return nil, malformed("file type box of %d bytes", len(ftyp))
	}
	out := bytes.Clone(ftyp)
next:
	for _, brand := range []string{"isom", "mp41"} {
		for at := 8; at < len(out); at += 4 {
			if at != 12 && string(out[at:at+4]) == brand { // at 12: minor_version
				continue next
			}
		}
		out = append(out, brand...)
	}
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out, nil
}

// nextInit takes the initialisation segment of another encoder. One that says
// what the last one said is left out, so that the file stays one sequence of
// fragments.
func (w *Writer) nextInit(m *movieBox) error {
	w.waiting = false
	if !w.splice.due {
		w.splice = splice{due: true, at: Continue}
	}
	if w.ix.known(m) {
		return nil
	}
	r := Range{w.at, int64(len(w.ftyp) + len(w.buf))}
	if err := w.ix.begin(m, r); err != nil {
		return err
	}
	if err := w.out.writeAt(append(bytes.Clone(w.ftyp), w.buf...), w.at); err != nil {
		return err
	}
	w.at += r.Size
	w.safe, w.ix.end = w.at, w.at
	return nil
}

// Restart tells that another encoder's output follows, beginning with its own
// ftyp and moov boxes. What the last one left of an unfinished fragment is cut
// off. at is the instant, on the clock of the recording's fragments, that the
// new encoder's time 0 stands for, or Continue. The decode times of its
// fragments are rewritten, so the file holds one timeline.
func (w *Writer) Restart(at time.Duration) error {
	w.err = nil
	w.buf, w.need, w.rest = w.buf[:0], shortHeader, 0
	w.media, w.waiting, w.discard = false, false, false
	w.in = 0
	w.splice = splice{due: true, at: at}
	if len(w.ix.inits) > 0 {
		w.at = w.safe
		if err := w.out.truncate(w.safe); err != nil {
			w.err = fault("cut off an unfinished fragment", err)
		}
	}
	return w.err
}

// fragment takes a movie fragment box. Its number, decode times and absolute
// data offsets are made right for this file before it is written.
func (w *Writer) fragment(h boxHeader, in int64) error {
	tracks := w.ix.epoch.tracks
	if w.splice.due {
		if err := w.pending.parse(w.buf[h.len:], w.at, tracks); err != nil {
			return err
		}
		w.shifts = w.ix.shifts(&w.pending, w.splice.at)
		w.splice = splice{}
	}
	w.number++
	moved := w.at - (in - w.origin - int64(len(w.buf)))
	if err := patch(w.buf, w.number, moved, func(id uint32) int64 { return w.shifts[id] }); err != nil {
		return err
	}
	if err := w.pending.parse(w.buf[h.len:], w.at, tracks); err != nil {
		return err
	}
	if err := w.out.writeAt(w.buf, w.at); err != nil {
		return err
	}
	w.at += int64(len(w.buf))
	w.waiting = true
	return nil
}

// shifts returns by how many ticks the decode times of another encoder, whose
// first fragment is m, have to be moved, for each track id.
func (ix *Index) shifts(m *moof, at time.Duration) map[uint32]int64 {
	shifts := map[uint32]int64{}
	if at == Continue {
		at = 0
		from, end := ix.span()
		if start, ok := ix.start(m); ok && ix.samples() > 0 && start-from < end-start {
			at = end - start
		}
	}
	for _, t := range ix.epoch.tracks {
		shifts[t.id] = timeToTicks(at, t.timescale)
	}
	return shifts
}

// start returns the earliest decode time in a fragment.
func (ix *Index) start(m *moof) (at time.Duration, ok bool) {
	for _, t := range m.trafs {
		if !t.hasTime || t.first == t.end {
			continue
		}
		d := ticksToTime(t.time, ix.epoch.tracks[t.track].timescale)
		if !ok || d < at {
			at, ok = d, true
		}
	}
	return at, ok
}

// span returns the decode times between which the recording's samples lie.
func (ix *Index) span() (from, end time.Duration) {
	first := true
	for _, t := range ix.used() {
		f, e := ticksToTime(t.first, t.box.timescale), ticksToTime(t.table.end(), t.box.timescale)
		if first {
			from, end, first = f, e, false
			continue
		}
		from, end = min(from, f), max(end, e)
	}
	return from, end
}
