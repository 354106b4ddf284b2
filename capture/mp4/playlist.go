package mp4

import (
	"time"
)

// minSegment is the shortest segment of a playlist: fragments are joined until
// one comes that can be decoded on its own and this much is there.
const minSegment = time.Second

// Segment is a run of fragments that begins with a picture that can be decoded
// on its own: what a playlist (RFC 8216) names, in the fragmented and in the
// finished file alike.
type Segment struct {
	Range                  // of the file, bytes
	Start    time.Duration // on the clock of the fragments
	Duration time.Duration // until the next one begins; of the last one, until its longest track ends
	Init     int           // index of its initialisation segment, see Inits
	Sync     bool          // decoding can start here
}

// Segments returns the recording as segments, in the order of the file. There
// are none where there are no fragments, as in a file that Compact wrote. What
// is not followed by a fragment that can be decoded on its own may still grow
// while it is recorded.
func (ix *Index) Segments() (segments []Segment) {
	for _, f := range ix.fragments {
		n := len(segments) - 1
		if n < 0 || f.Init != segments[n].Init || f.Sync && f.Start-segments[n].Start >= minSegment {
			if n >= 0 {
				segments[n].follow(f.Start)
			}
			segments = append(segments, Segment{Range: f.Range, Start: f.Start, Duration: f.End - f.Start, Init: f.Init, Sync: f.Sync})
			continue
		}
		segments[n].Size = f.Offset + f.Size - segments[n].Offset
		segments[n].Duration = max(f.End-segments[n].Start, segments[n].Duration)
	}
	return segments
}

// follow tells a segment where the next one begins: a gap between them counts as
// its own, and what overlaps is the next one's. Where the next one does not begin
// later, as what another encoder wrote may, it keeps its length.
func (s *Segment) follow(start time.Duration) {
	if start > s.Start {
		s.Duration = start - s.Start
	}
}
