package beam

import "time"

// Why a recording ended.
const (
	ReasonAsked       = "client request"       // a signal, or the caller's context
	ReasonDuration    = "duration reached"     // --duration
	ReasonMaxDuration = "max duration reached" // --max-duration
	ReasonPage        = "page asked to stop"   // the page's own signal
	ReasonPageClosed  = "page closed itself"
	ReasonDiskFull    = "disk full"
	ReasonFailure     = "failure"
)

// stopRules are the limits after which a recording ends by itself.
type stopRules struct {
	Duration    time.Duration // 0: no limit
	MaxDuration time.Duration
	MinFree     uint64 // bytes that have to stay free on the disk of the output
}

// stopFacts is what stop rules are judged by.
type stopFacts struct {
	Recorded time.Duration
	Free     uint64 // bytes; known only if FreeOK
	FreeOK   bool
}

// decide returns the reason to stop now, and false when there is none.
func (r stopRules) decide(f stopFacts) (reason string, stop bool) {
	switch {
	case r.Duration > 0 && f.Recorded >= r.Duration:
		return ReasonDuration, true
	case f.Recorded >= r.MaxDuration:
		return ReasonMaxDuration, true
	case f.FreeOK && f.Free < r.MinFree:
		return ReasonDiskFull, true
	}
	return "", false
}

// limit returns the longest that the recording can become.
func (r stopRules) limit() time.Duration {
	if r.Duration > 0 {
		return min(r.Duration, r.MaxDuration)
	}
	return r.MaxDuration
}
