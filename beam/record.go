package beam

import (
	"context"
	"log/slog"

	"beam/beam/report"
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
	err = o.secrets.HideError(err)
	if err != nil && o.events.current() != StateFailed {
		o.events.enter(StateFailed)
	}
	if rep != nil {
		o.secrets.HideIn(rep)
		o.events.emit(Event{Type: EventReport, Report: rep})
	}
	return rep, err
}
