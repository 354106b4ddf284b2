package beam

import (
	"time"

	"beam/beam/report"
)

// Why a recording ended.
const (
	ReasonAsked       = "client request"       // a signal, beam stop, or the caller's context
	ReasonDuration    = "duration reached"     // --duration
	ReasonMaxDuration = "max duration reached" // --max-duration
	ReasonRoomEnded   = "room ended"
	ReasonLastLeft    = "last peer left"     // --idle-timeout
	ReasonKicked      = "removed from room"  // by somebody in the room
	ReasonSilence     = "silence"            // --silence-timeout
	ReasonLost        = "connection lost"    // --reconnect-grace
	ReasonPage        = "page asked to stop" // the page's own signal
	ReasonPageClosed  = "page closed itself"
	ReasonDiskFull    = "disk full"
	ReasonFailure     = report.ReasonFailure
)

// The kinds of failures, in the words of 100ms's error_type.
const (
	FailureInternal = "INTERNAL_ERROR"
	FailureRetries  = "MAX_RETRIES_REACHED" // what was lost was replaced as often as it may be
)

// stopRules are the limits after which a recording ends by itself.
type stopRules struct {
	Duration    time.Duration // of what is recorded; 0: no limit
	MaxDuration time.Duration // pauses included
	Idle        time.Duration // without anybody else in the room; 0: no limit
	Silence     time.Duration // without any sound; 0: no limit
	Reconnect   time.Duration // without a connection to the room; 0: no limit
	MinFree     uint64        // bytes that have to stay free on the disk of the output
}

// stopFacts is what stop rules are judged by.
type stopFacts struct {
	Recorded     time.Duration
	Elapsed      time.Duration // since the start
	Empty        time.Duration // since when nobody else is in the room; 0 if somebody is, or nobody can tell
	Silent       time.Duration // since when nothing was heard
	Disconnected time.Duration // since when the room is connecting again; 0 if it is connected
	Free         uint64        // bytes; known only if FreeOK
	FreeOK       bool
}

// decide returns the reason to stop now, and false when there is none.
func (r stopRules) decide(f stopFacts) (reason string, stop bool) {
	switch {
	case r.Duration > 0 && f.Recorded >= r.Duration:
		return ReasonDuration, true
	case f.Elapsed >= r.MaxDuration:
		return ReasonMaxDuration, true
	case r.Reconnect > 0 && f.Disconnected >= r.Reconnect:
		return ReasonLost, true
	case r.Idle > 0 && f.Empty >= r.Idle:
		return ReasonLastLeft, true
	case r.Silence > 0 && f.Silent >= r.Silence:
		return ReasonSilence, true
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

// stopRules returns the limits that the settings set.
func (s Settings) stopRules() stopRules {
	return stopRules{
		Duration: s.Duration, MaxDuration: s.MaxDuration, Idle: s.IdleTimeout,
		Silence: s.SilenceTimeout, Reconnect: s.ReconnectGrace, MinFree: minFree,
	}
}
