package x11

import (
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jezek/xgb/damage"

	"beam/capture"
)

const ms = capture.Time(time.Millisecond)

func TestPaintTime(t *testing.T) {
	const ms = time.Millisecond
	const wrap = (1 << 32) * ms
	tests := map[string]struct {
		stamp         uint32
		arrival, want time.Duration
	}{
		"a moment ago":             {5000, 5003*ms + 7, 5000*ms + ms/2},
		"late process":             {5000, 5800 * ms, 5000*ms + ms/2},
		"same ms, half not over":   {5000, 5000*ms + 7, 5000*ms + 7},
		"same ms, half over":       {5000, 5001*ms - 7, 5000*ms + ms/2},
		"just plausible":           {5000, 6000 * ms, 5000*ms + ms/2},
		"too long ago":             {5000, 6001 * ms, 6001 * ms},
		"in the future":            {5000, 4999 * ms, 4999 * ms},
		"other clock":              {1 << 31, 5000 * ms, 5000 * ms},
		"after 49 days":            {5, wrap + 7*ms, wrap + 5*ms + ms/2},
		"across the end of 32 bit": {math.MaxUint32, wrap + 2*ms, wrap - ms + ms/2},
	}
	for name, test := range tests {
		if got := paintTime(test.stamp, test.arrival); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestDamaged(t *testing.T) {
	size := capture.Size{Width: 640, Height: 360}
	tests := []struct {
		x, y, w, h int
		want       rows
	}{
		{0, 0, 640, 360, rows{0, 360}},
		{10, 11, 5, 6, rows{11, 17}},
		{-10, -11, 50, 60, rows{0, 49}},
		{600, 350, 100, 100, rows{350, 360}},
		{639, 359, 1, 1, rows{359, 360}},
		{640, 0, 16, 360, rows{}},
		{0, 360, 640, 16, rows{}},
		{-10, 0, 10, 360, rows{}},
		{0, -10, 640, 10, rows{}},
		{5, 5, 0, 0, rows{}},
	}
	for _, test := range tests {
		got := damaged(size, test.x, test.y, test.w, test.h)
		if got != test.want && !(got.empty() && test.want.empty()) {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestRows(t *testing.T) {
	if got := (rows{}).union(rows{3, 5}).union(rows{9, 10}).union(rows{}); got != (rows{3, 10}) {
		t.Errorf("union is %v", got)
	}
	for r, want := range map[rows]rows{{3, 5}: {2, 6}, {4, 6}: {4, 6}, {7, 8}: {6, 8}} {
		if got := r.even(); got != want {
			t.Errorf("%v becomes %v", r, got)
		}
	}
}

// TestTallyPaints: events are of one paint for 4 ms after its first one, also
// where the X server's clock comes round.
func TestTallyPaints(t *testing.T) {
	var tally tally
	stamps := []uint32{0xfffffff0, 0xfffffff1, 0xfffffff3, 0xfffffff4, 0xfffffff7, 0xfffffff8, 2, 5, 6}
	for i, want := range []bool{true, false, false, true, false, true, true, false, true} {
		if began, late := tally.note(event{rows: rows{i, i + 1}, stamp: stamps[i]}); began != want || late {
			t.Errorf("event %d: %v, %v", i, began, late)
		}
	}
	if tally.rows != (rows{0, 9}) || tally.paints != 5 {
		t.Errorf("%+v", tally)
	}
}

// TestTallyFlight: which of the paints that are reported while a grab is under
// way, or after it, its picture has.
func TestTallyFlight(t *testing.T) {
	const sent = 3 // the grab's request; the sequence numbers came round before
	tests := map[string]struct {
		event  event
		landed bool
		shown  bool
	}{
		"before the request":        {event{rows: rows{20, 30}, at: 150, sequence: 2}, false, true},
		"long before, came round":   {event{rows: rows{20, 30}, at: 150, sequence: 65535}, false, true},
		"after the request":         {event{rows: rows{20, 30}, at: 150, sequence: 3}, false, false},
		"other rows":                {event{rows: rows{20, 41}, at: 150, sequence: 2}, false, false},
		"before it, reported late":  {event{rows: rows{20, 30}, at: 150, sequence: 2}, true, true},
		"after it, reported late":   {event{rows: rows{20, 30}, at: 150, sequence: 3}, true, false},
		"32768 requests later":      {event{rows: rows{20, 30}, at: 900, sequence: 40000}, true, false},
		"the end of the grabbed":    {event{rows: rows{39, 40}, at: 150, sequence: 2}, false, true},
		"above what was asked for":  {event{rows: rows{9, 11}, at: 150, sequence: 2}, false, false},
		"the whole of what was got": {event{rows: rows{10, 40}, at: 150, sequence: 2}, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var tally tally
			tally.note(event{rows: rows{10, 40}, at: 100, stamp: 100})
			tally.send(rows{10, 40}, 0, sent)
			if tally.pending() {
				t.Error("still pending")
			}
			var f flight
			if test.landed {
				f = tally.land(200)
			}
			test.event.stamp = 150
			began, late := tally.note(test.event)
			if !test.landed {
				f = tally.land(200)
			}
			if !began || late != (test.landed && test.shown) || tally.pending() == test.shown {
				t.Errorf("began %v, late %v, pending %v", began, late, tally.pending())
			}
			at, paints := capture.Time(100), 1
			if test.shown && !test.landed {
				at, paints = 150, 2
			}
			if f.at != at || f.paints != paints || f.rows != (rows{10, 40}) {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bites atomic.Int32
		w := startWatchdog(time.Second, func() { bites.Add(1) })
		time.Sleep(999 * time.Millisecond)
		if bites.Load() != 0 {
			t.Error("it bit early")
		}
		time.Sleep(time.Minute)
		if n := bites.Load(); n != 1 {
			t.Errorf("%d bites", n)
		}
		w.stop()
		w = startWatchdog(time.Second, func() { bites.Add(1) })
		time.Sleep(900 * time.Millisecond)
		w.stop()
		time.Sleep(time.Minute)
		if bites.Load() != 1 {
			t.Error("it bit after it had been stopped")
		}
	})
}

// TestWatchReports: the whole window's damage that the server reports when a
// watch begins is no paint.
func TestWatchReports(t *testing.T) {
	w := watch{id: 7, sequence: 100, since: 5000*time.Millisecond + 7}
	tests := map[string]struct {
		event damage.NotifyEvent
		want  bool
	}{
		"the beginning":           {damage.NotifyEvent{Damage: 7, Sequence: 100, Timestamp: 4999}, false},
		"the same ms":             {damage.NotifyEvent{Damage: 7, Sequence: 100, Timestamp: 5000}, false},
		"a paint in the same ms":  {damage.NotifyEvent{Damage: 7, Sequence: 101, Timestamp: 5000}, true},
		"sequence numbers later":  {damage.NotifyEvent{Damage: 7, Sequence: 100, Timestamp: 5001}, true},
		"an earlier watch's":      {damage.NotifyEvent{Damage: 6, Sequence: 101, Timestamp: 5001}, false},
		"a paint, clock behind":   {damage.NotifyEvent{Damage: 7, Sequence: 99, Timestamp: 1}, true},
		"the clock's other half":  {damage.NotifyEvent{Damage: 7, Sequence: 100, Timestamp: 5000 + 1<<30}, true},
		"just before a new round": {damage.NotifyEvent{Damage: 7, Sequence: 100, Timestamp: 1<<32 - 1}, false},
	}
	for name, test := range tests {
		if got := w.reports(test.event); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
