package capture

import (
	"slices"
	"time"
)

// Window holds the durations that were measured within the last while, such as
// the delays between capture and arrival of a second's frames. It is not safe
// for concurrent use.
type Window struct {
	span time.Duration
	held []measured // in order of at
}

type measured struct {
	at Time
	d  time.Duration
}

// NewWindow returns a Window over the given span of time.
func NewWindow(span time.Duration) *Window { return &Window{span: span} }

// Add takes a duration that was measured at now. Calls must be in order of now.
func (w *Window) Add(now Time, d time.Duration) {
	w.forget(now)
	w.held = append(w.held, measured{now, d})
}

// P90 returns the duration that nine tenths of those measured within the span
// before now don't exceed (the nearest rank), and 0 when there were none.
func (w *Window) P90(now Time) time.Duration {
	w.forget(now)
	if len(w.held) == 0 {
		return 0
	}
	sorted := make([]time.Duration, len(w.held))
	for i, m := range w.held {
		sorted[i] = m.d
	}
	slices.Sort(sorted)
	return sorted[(9*len(sorted)+9)/10-1]
}

func (w *Window) forget(now Time) {
	n := 0
	for n < len(w.held) && now.Sub(w.held[n].at) >= w.span {
		n++
	}
	w.held = slices.Delete(w.held, 0, n)
}
