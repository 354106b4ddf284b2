package beam

import (
	"time"

	"beam/beam/report"
)

// starting notes when each part of the start was done, since the start of the
// command.
type starting struct{ servers, browser, encoder, ready time.Duration }

func (s starting) report(first time.Duration) report.Start {
	seconds := func(d time.Duration) float64 { return report.Round(d.Seconds(), 2) }
	return report.Start{
		Sound: seconds(s.servers), Browser: seconds(s.browser), Encoder: seconds(s.encoder),
		Ready: seconds(s.ready), First: seconds(first),
	}
}
