package beam

import "time"

// position returns where an instant is in the recording: what falls between two
// segments is where the second begins, what comes after the end is the end.
func (t *take) position(at Time) time.Duration {
	place := time.Duration(0)
	segments := t.segments.all()
	for i, s := range segments {
		if at < s.start {
			break
		}
		place = s.at(at)
		end := t.length
		if i+1 < len(segments) {
			end = segments[i+1].offset
		}
		place = min(place, end)
	}
	return place
}

// chapters returns the chapters so far.
func (t *take) chapters() []ChapterReport {
	return listChapters(t.meeting.noted(), t.position)
}

// pauses returns what was left out, in seconds since the start.
func (t *take) pauses() []SpanReport {
	out := []SpanReport{}
	segments := t.segments.all()
	for i, s := range segments[1:] {
		before := segments[i]
		end := before.start.Add(s.offset - before.offset)
		if s.start > end {
			out = append(out, SpanReport{
				From: round(end.Sub(t.start).Seconds(), 3), To: round(s.start.Sub(t.start).Seconds(), 3),
			})
		}
	}
	return out
}
