package beam

import (
	"testing"
	"time"

	"beam/capture"
)

const slot30 = time.Second / 30

// blocks takes all that is in a feed.
func blocks(t *testing.T, f *feed) []block {
	t.Helper()
	f.close()
	var all []block
	for {
		b, ok := f.next(t.Context())
		if !ok {
			return all
		}
		all = append(all, b)
	}
}

func TestVideoPutsFramesOnTheGrid(t *testing.T) {
	const start = Time(5e9)
	f := newFeed(30)
	v := newVideo(start, 30, false, castHold, f)
	v.take(jpegFrame(0))                                                               // from long before the start
	v.take(capture.Frame{At: start.Add(-time.Millisecond), JPEG: []byte{1}})           // what the page shows at the start
	v.take(capture.Frame{At: start.Add(2*slot30 + time.Millisecond), JPEG: []byte{3}}) // overtook
	v.take(capture.Frame{At: start.Add(slot30 + time.Millisecond), JPEG: []byte{2}})   // the one before it
	v.take(capture.Frame{At: start.Add(3*slot30 + time.Millisecond), JPEG: []byte{3}}) // shows nothing new
	v.step(start.Add(4*slot30 + castHold))
	if c := v.counts(); c.Captured != 5 || c.Distinct != 3 || c.Dropped != 0 {
		t.Errorf("counts %+v", c)
	}
	for i, b := range blocks(t, f) {
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
		f := newFeed(30)
		v := newVideo(0, 30, false, grabHold, f)
		v.take(jpegFrame(1))
		v.step(Time(settleAfter))
		if full {
			for f.picture(0, jpegFrame(9), true, false) {
			}
		}
		v.finish(Time(2 * time.Second))
		all := blocks(t, f)
		last := all[len(all)-1]
		if last.frame.JPEG[0] != 1 || last.at < 2*time.Second-slot30-2*time.Millisecond || last.at >= 2*time.Second {
			t.Errorf("full %v: the last block is at %v, frame %d", full, last.at, last.frame.JPEG[0])
		}
		if c := v.counts(); c.Freeze != 2*time.Second {
			t.Errorf("full %v: longest freeze %v", full, c.Freeze)
		}
	}
}

func TestVideoRepeatsStillPages(t *testing.T) {
	f := newFeed(30)
	v := newVideo(0, 30, false, grabHold, f)
	v.take(jpegFrame(1))
	for now := Time(0); now < Time(3*time.Second); now = now.Add(castTick) {
		v.step(now)
	}
	// One more for the first, and one less for what is not settled yet; each comes
	// with the tick after it is due.
	most := int(3*time.Second/repeatAfter) + 1
	if n := len(blocks(t, f)); n < most-3 || n > most {
		t.Errorf("%d blocks in three seconds of a still page, want one each %v", n, repeatAfter)
	}
	if c := v.counts(); c.Distinct != 1 {
		t.Errorf("%d distinct frames of a still page", c.Distinct)
	}
}

// A page that paints more often than the grid, and then stands still, is seen as
// it is at last.
func TestVideoShowsTheLastLook(t *testing.T) {
	f := newFeed(30)
	v := newVideo(0, 30, false, grabHold, f)
	now := Time(0)
	for n := range byte(24) { // at 120 Hz
		v.take(capture.Frame{At: now, JPEG: []byte{n}})
		now = now.Add(time.Second / 120)
		v.step(now)
	}
	v.step(now.Add(300 * time.Millisecond))
	all := blocks(t, f)
	if last := all[len(all)-1]; last.frame.JPEG[0] != 23 {
		t.Errorf("frame %d is shown last, want 23", last.frame.JPEG[0])
	}
}

// A segment that follows a lost encoder begins with the frame that stood, which
// is none of its own.
func TestVideoBeginsWithWhatStood(t *testing.T) {
	f := newFeed(30)
	const start = Time(1e9)
	v := newVideo(start, 30, false, grabHold, f)
	v.begin(jpegFrame(7))
	v.take(capture.Frame{At: start.Add(time.Second), JPEG: []byte{8}})
	v.step(start.Add(time.Second + settleAfter))
	all := blocks(t, f)
	if len(all) != 2 || all[0].at != 0 || all[0].frame.JPEG[0] != 7 || all[1].at != time.Second || all[1].frame.JPEG[0] != 8 {
		t.Errorf("blocks %+v", all)
	}
	if c := v.counts(); c.Distinct != 1 || c.Freeze != time.Second {
		t.Errorf("counts %+v", c)
	}
}

func TestVideoGivesRawFramesBack(t *testing.T) {
	pool := capture.NewRawPool(capture.Size{Width: 2, Height: 2}, 100)
	f := newFeed(30)
	v := newVideo(0, 30, false, 0, f)
	const frames = 20
	for i := range frames {
		r := pool.Get()
		r.Pix[0] = byte(i)
		// Two to a slot: half of them find no place.
		v.take(capture.Frame{At: Time(time.Duration(i) * slot30 / 2), Raw: r})
		v.step(Time(time.Duration(i) * slot30 / 2))
	}
	for _, b := range blocks(t, f) {
		b.frame.Release()
	}
	v.release()
	if c := v.counts(); c.Dropped == 0 {
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
