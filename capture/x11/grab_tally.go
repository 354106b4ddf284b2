package x11

import (
	"time"

	"beam/capture"
)

// rows are rows of the picture, from (inclusive) to (exclusive).
type rows struct{ from, to int }

func (r rows) empty() bool { return r.from >= r.to }

// union returns the smallest range with both in it.
func (r rows) union(o rows) rows {
	switch {
	case r.empty():
		return o
	case o.empty():
		return r
	}
	return rows{min(r.from, o.from), max(r.to, o.to)}
}

func (r rows) contains(o rows) bool { return r.from <= o.from && o.to <= r.to }

// even widens the range to whole blocks of chroma.
func (r rows) even() rows { return rows{r.from &^ 1, (r.to + 1) &^ 1} }

// damaged returns the rows of the picture that the rectangle touches.
func damaged(size capture.Size, x, y, width, height int) rows {
	r := rows{max(0, y), min(size.Height, y+height)}
	if x >= size.Width || x+width <= 0 || r.empty() {
		return rows{}
	}
	return r
}

// paintSpan is the time in which events belong to the same paint, counted from
// its first one. A paint may come in several rectangles, one request after the
// other; two paints of a page are 16.7 ms apart, the period of Chrome's 60 Hz.
const paintSpan = 4 // ms on the X server's clock

// event is one report of damage inside the picture.
type event struct {
	rows     rows
	stamp    uint32       // the X server's time, in ms, modulo 2^32
	at       capture.Time // the same on our clock, see paintTime
	sequence uint16       // of the last of our requests that the server had handled
}

// flight is a grab: what was asked for, and what its picture has in it.
type flight struct {
	rows     rows
	paints   int          // that it shows
	at       capture.Time // of the newest of them
	sequence uint16       // of its request
	landed   capture.Time // when it was answered; 0 before
}

// tally tells what is to be grabbed. It is a pure state: note takes what the
// server reports, send and land what was done about it.
type tally struct {
	rows   rows
	paints int // that began since the last grab
	at     capture.Time
	began  uint32 // stamp of the newest paint's first event
	any    bool   // there was a paint
	flight flight
}

// note adds an event. It says whether a paint began with it, and if so, whether
// it is late: it had been grabbed, and its frame made, before it was reported.
func (t *tally) note(e event) (began, late bool) {
	began = !t.any || e.stamp-t.began >= paintSpan
	if began {
		t.any, t.began = true, e.stamp
	}
	if t.flight.shows(e) {
		t.flight.at = max(t.flight.at, e.at)
		if began {
			t.flight.paints++
		}
		return began, began && t.flight.landed != 0
	}
	t.rows = t.rows.union(e.rows)
	t.at = max(t.at, e.at)
	if began {
		t.paints++
	}
	return began, false
}

// shows tells whether the picture has the event's paint in it: the server had
// not yet come to the grab's request when it painted. Sequence numbers come
// round after 65536 requests, so what is later by the clock is not in it.
func (f *flight) shows(e event) bool {
	return f.rows.contains(e.rows) && !f.rows.empty() && int16(e.sequence-f.sequence) < 0 &&
		(f.landed == 0 || e.at <= f.landed)
}

func (t *tally) pending() bool { return !t.rows.empty() }

// send notes that these rows, with everything pending among them, have been asked
// for with the request of this number. The picture has what was there at the
// given time, 0 for none, and all that was reported.
func (t *tally) send(r rows, at capture.Time, sequence uint16) {
	t.flight = flight{rows: r, paints: t.paints, at: max(at, t.at), sequence: sequence}
	t.rows, t.paints, t.at = rows{}, 0, 0
}

// land notes the answer and returns what the picture has.
func (t *tally) land(now capture.Time) flight {
	t.flight.landed = now
	return t.flight
}

// paintTime returns when the paint of an event was that arrived at the given time,
// both on CLOCK_MONOTONIC. Its stamp is the X server's GetTimeInMillis, which on
// Linux is that clock in whole milliseconds (os/utils.c of the X server), modulo
// 2^32; half of one is added for what is cut off. Where that can't be, because it
// lies ahead or more than a second back, the arrival has to do.
func paintTime(stamp uint32, arrival time.Duration) time.Duration {
	const ms = time.Millisecond
	age := int32(uint32(arrival/ms) - stamp)
	if age < 0 || age > 1000 {
		return arrival
	}
	return min(arrival, arrival.Truncate(ms)-time.Duration(age)*ms+ms/2)
}
