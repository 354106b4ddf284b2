package demo

import "time"

const videoClock = 90000 // RTP ticks a second (RFC 7741, 6.1)

// mediaClock is the one clock of a server: RTP timestamps and sender reports
// are both computed from the time since its epoch, so they agree exactly.
type mediaClock struct{ epoch time.Time }

// rtpTime returns the RTP timestamp that stands for the instant since after the
// epoch.
func rtpTime(since time.Duration, clockRate uint32) uint32 {
	whole, rest := int64(since/time.Second), int64(since%time.Second)
	return uint32(whole*int64(clockRate) + rest*int64(clockRate)/int64(time.Second))
}

// since returns the time from the epoch to t.
func (c mediaClock) since(t time.Time) time.Duration { return t.Sub(c.epoch) }

// ntp returns the instant since after the epoch as an NTP timestamp: seconds
// since 1900 in the upper 32 bits (RFC 3550, 4). The wall clock is read once, at
// the epoch, so that setting it does not spoil the sync.
func (c mediaClock) ntp(since time.Duration) uint64 {
	const to1970 = 2208988800
	t := c.epoch.Add(since)
	return uint64(t.Unix()+to1970)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
