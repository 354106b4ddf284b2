package audio

import (
	"errors"
	"testing"
	"time"

	"beam/capture"
)

// sink keeps what a track passes on.
type sink struct {
	from   time.Duration
	pcm    []int16
	blocks int
	err    error
}

func (s *sink) WriteSamples(at time.Duration, pcm []int16) error {
	if s.blocks == 0 {
		s.from = at
	}
	s.blocks++
	s.pcm = append(s.pcm, pcm...)
	return s.err
}

// length is how much audio came, for each channel.
func (s *sink) length() time.Duration {
	return time.Duration(len(s.pcm)/capture.Channels) * time.Second / capture.SampleRate
}

const block = 10 * time.Millisecond

// tone returns a block at an instant whose samples all have one value.
func tone(at capture.Time, value int16) capture.Samples {
	pcm := make([]int16, capture.SampleRate/100*capture.Channels)
	for i := range pcm {
		pcm[i] = value
	}
	return capture.Samples{At: at, PCM: pcm}
}

// play takes a tone that lasts.
func play(tap *Tap, from capture.Time, length time.Duration, value int16) {
	for at := from; at < from.Add(length); at = at.Add(block) {
		tap.Take(tone(at, value))
	}
}

func newTestTrack(start capture.Time, offset time.Duration, s *sink, fail func(error)) *Track {
	return NewTrack(start, offset, s, func([]int16) {}, fail)
}

// A segment gets the audio from its first to its last instant, also what came
// before it was opened, and nothing else.
func TestSegmentFromThePast(t *testing.T) {
	const start = capture.Time(100 * time.Second)
	tap := NewTap(0)
	play(tap, start.Add(-time.Second), 3*time.Second, 1000)
	var s sink
	track := newTestTrack(start, 0, &s, func(err error) { t.Error(err) })
	tap.Attach(track)
	play(tap, start.Add(2*time.Second), 400*time.Millisecond, 1000)
	end := start.Add(2500 * time.Millisecond)
	track.EndAt(end)
	play(tap, start.Add(2400*time.Millisecond), 600*time.Millisecond, 1000)
	if !tap.Reached(end) || tap.Reached(start.Add(time.Hour)) {
		t.Errorf("what has come ends at %v", tap.Last())
	}
	tap.Detach()
	play(tap, start.Add(3*time.Second), time.Second, 1000)
	track.Finish(end)
	if got := s.length(); s.from != 0 || (got-2500*time.Millisecond).Abs() > 2*block {
		t.Errorf("%v of audio from %v on, want 2.5 s from the start", got, s.from)
	}
	if stats := track.Stats(); stats.Peak != 1000 || stats.Filled > capture.SampleRate/10 {
		t.Errorf("%+v", stats)
	}
}

// What never came is silence, as long as the segment.
func TestTrackFillsWhatIsMissing(t *testing.T) {
	const start = capture.Time(100 * time.Second)
	tap := NewTap(0)
	var s sink
	track := newTestTrack(start, 0, &s, func(err error) { t.Error(err) })
	tap.Attach(track)
	play(tap, start, time.Second, 1000)
	play(tap, start.Add(2*time.Second), time.Second, 1000) // a second is missing
	end := start.Add(4 * time.Second)                      // and another one at the end
	track.EndAt(end)
	track.Finish(end)
	stats := track.Stats()
	if got := s.length(); (got - 4*time.Second).Abs() > 2*block {
		t.Errorf("%v of audio, want 4 s", got)
	}
	if filled := time.Duration(stats.Filled) * time.Second / capture.SampleRate; (filled - 2*time.Second).Abs() > 100*time.Millisecond {
		t.Errorf("%v filled, want 2 s", filled)
	}
}

// The audio of another encoder begins with a whole AAC frame of the first one.
func TestTrackBeginsWithAFrame(t *testing.T) {
	const start = capture.Time(100 * time.Second)
	tap := NewTap(0)
	var s sink
	tap.Attach(newTestTrack(start, 7*time.Second, &s, func(err error) { t.Error(err) }))
	play(tap, start, time.Second, 1000)
	if want := toNextFrame(7 * time.Second); want == 0 || s.from != want {
		t.Errorf("the audio begins %v after the segment, want %v", s.from, want)
	}
}

func TestTrackTellsOfAStuckEncoder(t *testing.T) {
	stuck := errors.New("stuck")
	s := sink{err: stuck}
	var told error
	tap := NewTap(0)
	tap.Attach(newTestTrack(0, 0, &s, func(err error) { told = err }))
	play(tap, 0, time.Second, 1)
	if !errors.Is(told, stuck) {
		t.Errorf("told %v", told)
	}
}

func TestTapHears(t *testing.T) {
	tap := NewTap(time.Second)
	if tap.Last() != 0 || tap.LastHeard() != 0 {
		t.Error("something was heard before anything came")
	}
	select {
	case <-tap.Flowing:
		t.Error("audio flows before it came")
	default:
	}
	at := capture.Time(time.Hour)
	tap.Take(tone(at, -audible))
	tap.Take(tone(at.Add(block), audible-1))
	select {
	case <-tap.Flowing:
	default:
		t.Error("audio does not flow")
	}
	if tap.LastHeard() != at {
		t.Errorf("last heard at %v, want %v", tap.LastHeard(), at)
	}
	if want := at.Add(time.Second + 2*block); tap.Last() != want {
		t.Errorf("the audio ends at %v, with its offset it is %v", tap.Last(), want)
	}
	if first, second := tap.Level(), tap.Level(); first != audible || second != 0 {
		t.Errorf("levels %d and %d", first, second)
	}
}

// What is kept of the past is bounded.
func TestTapForgets(t *testing.T) {
	tap := NewTap(0)
	play(tap, 0, 3*keep, 1)
	if most := int(keep/block) + 2; len(tap.recent) > most {
		t.Errorf("%d blocks kept, no more than %d are needed", len(tap.recent), most)
	}
}
