package video

import (
	"testing"
	"time"

	"beam/capture"
)

const slot30 = time.Second / 30

// sink keeps the frames that a video passes on, as long as it has room.
type sink struct {
	room   int
	frames []sunk
}

type sunk struct {
	at    time.Duration
	frame capture.Frame
}

func newSink() *sink { return &sink{room: 45} }

func (s *sink) WriteFrame(at time.Duration, f capture.Frame, _, last bool) bool {
	if len(s.frames) >= s.room && !last {
		return false
	}
	s.frames = append(s.frames, sunk{at, f.Retain()})
	return true
}

func still(n ...byte) capture.Frame { return capture.Frame{JPEG: n} }

func TestVideoPutsFramesOnTheGrid(t *testing.T) {
	const start = capture.Time(5e9)
	f := newSink()
	v := NewGrid(start, 30, false, CastHold, f)
	v.Take(still(0))                                                                   // from long before the start
	v.Take(capture.Frame{At: start.Add(-time.Millisecond), JPEG: []byte{1}})           // what the page shows at the start
	v.Take(capture.Frame{At: start.Add(2*slot30 + time.Millisecond), JPEG: []byte{3}}) // overtook
	v.Take(capture.Frame{At: start.Add(slot30 + time.Millisecond), JPEG: []byte{2}})   // the one before it
	v.Take(capture.Frame{At: start.Add(3*slot30 + time.Millisecond), JPEG: []byte{3}}) // shows nothing new
	v.step(start.Add(4*slot30 + CastHold))
	if c := v.Counts(); c.Captured != 5 || c.Distinct != 3 || c.Dropped != 0 {
		t.Errorf("counts %+v", c)
	}
	for i, b := range f.frames {
		if want := time.Duration(i) * slot30; b.at < want-time.Millisecond || b.at > want+time.Millisecond {
			t.Errorf("frame %d at %v, want %v", i, b.at, want)
		}
		if want := []byte{1, 2, 3, 3}[i]; b.frame.JPEG[0] != want {
			t.Errorf("slot %d shows frame %d, want %d", i, b.frame.JPEG[0], want)
		}
	}
}

// A page that turns still keeps its last frame until the end, also when the
// queue is full at that moment.
func TestVideoEndsWithItsLastFrame(t *testing.T) {
	for _, full := range []bool{false, true} {
		f := newSink()
		v := NewGrid(0, 30, false, GrabHold, f)
		v.Take(still(1))
		v.step(capture.Time(SettleAfter))
		if full {
			for f.WriteFrame(0, still(9), true, false) {
			}
		}
		v.Finish(capture.Time(2 * time.Second))
		all := f.frames
		last := all[len(all)-1]
		if last.frame.JPEG[0] != 1 || last.at < 2*time.Second-slot30-2*time.Millisecond || last.at >= 2*time.Second {
			t.Errorf("full %v: the last block is at %v, frame %d", full, last.at, last.frame.JPEG[0])
		}
		if c := v.Counts(); c.Freeze != 2*time.Second {
			t.Errorf("full %v: longest freeze %v", full, c.Freeze)
		}
	}
}

func TestVideoRepeatsStillPages(t *testing.T) {
	f := newSink()
	v := NewGrid(0, 30, false, GrabHold, f)
	v.Take(still(1))
	for now := capture.Time(0); now < capture.Time(3*time.Second); now = now.Add(CastTick) {
		v.step(now)
	}
	// One more for the first, and one less for what is not settled yet; each comes
	// with the tick after it is due.
	most := int(3*time.Second/repeatAfter) + 1
	if n := len(f.frames); n < most-3 || n > most {
		t.Errorf("%d blocks in three seconds of a still page, want one each %v", n, repeatAfter)
	}
	if c := v.Counts(); c.Distinct != 1 {
		t.Errorf("%d distinct frames of a still page", c.Distinct)
	}
}

// A page that paints more often than the grid, and then stands still, is seen as
// it is at last.
func TestVideoShowsTheLastLook(t *testing.T) {
	f := newSink()
	v := NewGrid(0, 30, false, GrabHold, f)
	now := capture.Time(0)
	for n := range byte(24) { // at 120 Hz
		v.Take(capture.Frame{At: now, JPEG: []byte{n}})
		now = now.Add(time.Second / 120)
		v.step(now)
	}
	v.step(now.Add(300 * time.Millisecond))
	all := f.frames
	if last := all[len(all)-1]; last.frame.JPEG[0] != 23 {
		t.Errorf("frame %d is shown last, want 23", last.frame.JPEG[0])
	}
}

// A page that stands still wakes nobody for the sake of frames that might be held.
func TestVideoLooksRarelyAtAStillPage(t *testing.T) {
	v := NewGrid(0, 30, false, CastHold, newSink())
	v.Take(capture.Frame{At: capture.Time(time.Second), JPEG: []byte{1}})
	for _, test := range []struct{ now, want time.Duration }{
		{time.Second + CastHold/2, CastTick}, {time.Second + CastHold, stillTick}, {2 * time.Second, stillTick},
	} {
		if got := v.step(capture.Time(test.now)); got != test.want {
			t.Errorf("after %v the next look is in %v, want %v", test.now, got, test.want)
		}
	}
}

// A segment that follows a lost encoder begins with the frame that stood, which
// is none of its own.
func TestVideoBeginsWithWhatStood(t *testing.T) {
	f := newSink()
	const start = capture.Time(1e9)
	v := NewGrid(start, 30, false, GrabHold, f)
	v.ShowStill(still(7))
	v.Take(capture.Frame{At: start.Add(time.Second), JPEG: []byte{8}})
	v.step(start.Add(time.Second + SettleAfter))
	all := f.frames
	if len(all) != 2 || all[0].at != 0 || all[0].frame.JPEG[0] != 7 || all[1].at != time.Second || all[1].frame.JPEG[0] != 8 {
		t.Errorf("blocks %+v", all)
	}
	if c := v.Counts(); c.Distinct != 1 || c.Freeze != time.Second {
		t.Errorf("counts %+v", c)
	}
}

func TestVideoGivesRawFramesBack(t *testing.T) {
	pool := capture.NewRawPool(capture.Size{Width: 2, Height: 2}, 100)
	f := newSink()
	v := NewGrid(0, 30, false, 0, f)
	const frames = 20
	for i := range frames {
		r := pool.Get()
		r.Pix[0] = byte(i)
		// Two to a slot: half of them find no place.
		v.Take(capture.Frame{At: capture.Time(time.Duration(i) * slot30 / 2), Raw: r})
		v.step(capture.Time(time.Duration(i) * slot30 / 2))
	}
	for _, b := range f.frames {
		b.frame.Release()
	}
	v.Release()
	if c := v.Counts(); c.Dropped == 0 {
		t.Error("nothing was dropped: the test proves less than it should")
	}
	back := map[*capture.Raw]bool{}
	for range frames {
		back[pool.Get()] = true
	}
	if len(back) != frames {
		t.Errorf("%d frames came back, %d distinct", frames, len(back))
	}
}
