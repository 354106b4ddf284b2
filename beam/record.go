package beam

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"beam/beam/control"
	"beam/beam/expect"
	"beam/beam/report"
	"beam/beam/source"
	"beam/capture/audio"
)

// Record makes one recording.
//
// It ends when a stop rule says so or when stop ends; what is on its way is
// then still written, and the file is finished. When hard ends it gives up at
// once: the file is left as far as it was written. stop has to end no later
// than hard.
//
// The report is not nil when a file was left, also beside an error. Errors are
// faults: they have the methods FaultClass and FaultHint.
func Record(stop, hard context.Context, s Settings, log *slog.Logger, sink Sink) (*report.Report, error) {
	stop, stopNow := context.WithCancel(stop)
	defer stopNow()
	o := newOpening(s, log, sink, stopNow)
	rep, err := o.record(stop, hard)
	if err != nil && o.events.current() != StateFailed {
		o.events.enter(StateFailed)
	}
	if rep != nil {
		o.events.emit(Event{Type: EventReport, Report: rep})
	}
	return rep, err
}

// newOpening returns a recording of which nothing has been started.
func newOpening(s Settings, log *slog.Logger, sink Sink, stopNow func()) *opening {
	o := &opening{
		settings: s, log: log, began: time.Now(), events: newAnnouncer(sink, log), engines: newEngineSwitch(),
		pages: source.NewPageLog(time.Now()), watch: expect.NewWatch(s.Expect, s.Hidden...), tap: audio.NewTap(s.AudioOffset),
	}
	o.commands = &commander{
		about: control.Status{
			ID: s.ID, Room: report.RedactURL(s.Room), Output: s.Output, Layout: s.Layout, StartedAt: o.began.UTC().Round(time.Millisecond),
		},
		events: o.events, engines: o.engines, stop: stopNow, setLayout: o.setLayout, requests: make(chan command),
	}
	return o
}

// newID returns an id for a recording that was given none.
func newID() string { return strings.ToLower(rand.Text()[:8]) }
