package pulse

import (
	"time"

	"beam/capture"
)

// Stats counts what Record read, over all calls.
type Stats struct {
	Samples      int64         // read, for each channel
	Silent       int64         // of those, in packets without any sound
	Stalls       int           // times no data came for longer than StallAfter; nothing need be lost
	LongestStall time.Duration // longest time without data, if longer than StallAfter
	Jumps        int           // times the samples went on at another time: some were lost
	Skew         float64       // how much longer than nominal a sample lasts: 65e-6
	Latency      time.Duration // by which the sink rendered ahead, when last asked

	// How late the browser's sound is heard, asked once a second: from the moment
	// at which it hands a sample over until the sink plays it. It rises when the
	// browser works far ahead, because it is too seldom let run. That of the
	// latest stream counts.
	Streams                             int // that played when last asked
	PlaybackLatency, MaxPlaybackLatency time.Duration
}

// StallAfter is the time without data that counts as a stall. The sink plays
// silence when nobody plays to it, so data always come.
const StallAfter = 200 * time.Millisecond

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// count adds one packet.
func (s *Server) count(pcm []int16) {
	n := int64(len(pcm) / capture.Channels)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Samples += n
	if silent(pcm) {
		s.stats.Silent += n
	}
}

func (s *Server) countStall(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Stalls++
	s.stats.LongestStall = max(s.stats.LongestStall, d)
}

// silent tells whether no value is farther from zero than the last bit, which
// is what dither makes.
func silent(pcm []int16) bool {
	for _, v := range pcm {
		if v > 1 || v < -1 {
			return false
		}
	}
	return true
}
