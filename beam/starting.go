package beam

import "time"

// starting notes when each part of the start was done, since the start of the
// command.
type starting struct{ servers, browser, encoder, ready time.Duration }

func (s starting) report(first time.Duration) StartReport {
	seconds := func(d time.Duration) float64 { return round(d.Seconds(), 2) }
	return StartReport{
		Sound: seconds(s.servers), Browser: seconds(s.browser), Encoder: seconds(s.encoder),
		Ready: seconds(s.ready), First: seconds(first),
	}
}
