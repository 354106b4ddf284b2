package video

import (
	"bytes"
	"context"
	"sync"
	"time"

	"beam/capture"
)

// The frame pump's times.
const (
	// CastHold is how long a frame of a screencast waits for earlier ones: on a
	// busy machine Chromium's JPEG encoders finish up to some 100 ms out of
	// order.
	CastHold = 150 * time.Millisecond
	// GrabHold is the same for grabbed frames, which come in order.
	GrabHold = 0
	// SettleAfter is how long after an instant it is known, with either engine,
	// that the page stood still then: a frame must not find its slot taken by a
	// repeat of the one before.
	SettleAfter = 50 * time.Millisecond
	// repeatAfter is how long the page may stay unchanged before its last frame
	// is sent again, so that the encoder's output keeps flowing and a crash
	// loses little.
	repeatAfter = 250 * time.Millisecond
	// How often it is looked at whether something is due: frames of a screencast
	// that have been held back, or what stands still. Each waking of this process
	// costs some 30 us of processor time.
	CastTick  = 20 * time.Millisecond
	stillTick = 100 * time.Millisecond
)

// Grid takes the frames of a segment, in any order and of either engine, and
// passes them to the queue on the grid. Its methods may be called from any
// goroutine.
type Grid struct {
	start capture.Time
	fps   float64
	vfr   bool
	Hold  time.Duration
	sink  Sink

	mu       sync.Mutex
	reorder  *Reorder
	slots    *Slotter
	last     capture.Frame // the last one placed; nothing before the first
	spare    capture.Frame // the last one, where it found no slot; nothing where it did
	lastAt   capture.Time  // capture time of it, or of its last repeat
	fresh    capture.Time  // capture time of the last frame that was new
	captured int
	distinct int
	refused  int // placed on the grid, but the queue was full
	freeze   time.Duration
	ending   bool          // the frames to come end the segment
	First    chan struct{} // closed when the first frame was placed
}

// Sink takes frames on the grid, in order; times are the segment's.
type Sink interface {
	// WriteFrame takes a reference of its own; false means that it is full, and that
	// the frame is dropped. Those that end a segment (last) are taken all the same.
	// fresh tells whether the frame differs from the one before.
	WriteFrame(at time.Duration, f capture.Frame, fresh, last bool) bool
}

// NewGrid returns the video of a segment that begins at start. Frames are held back
// for so long for earlier ones that come later; vfr leaves them at their own times.
func NewGrid(start capture.Time, fps int, vfr bool, hold time.Duration, sink Sink) *Grid {
	return &Grid{
		start: start, fps: float64(fps), vfr: vfr, Hold: hold, sink: sink,
		reorder: NewReorder(hold),
		slots:   NewSlotter(start, float64(fps)),
		First:   make(chan struct{}),
	}
}

// ShowStill shows a frame from before the segment, and takes the caller's reference:
// the last of the segment before, or nothing.
func (v *Grid) ShowStill(still capture.Frame) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if still.Bytes() == nil {
		return
	}
	_, _ = v.slots.Place(v.start) // the first always has a place
	_ = v.sink.WriteFrame(0, still, false, false)
	v.last, v.lastAt, v.fresh = still, v.start, v.start
	close(v.First)
}

// Take takes a frame, and with it the caller's reference.
func (v *Grid) Take(f capture.Frame) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.captured++
	v.reorder.Push(f)
	if v.Hold == 0 {
		v.place(v.reorder.Drain(f.At))
	}
}

// Run passes frames on until ctx ends.
func (v *Grid) Run(ctx context.Context) {
	timer := time.NewTimer(CastTick)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(v.step(capture.Now()))
		}
	}
}

// step passes on what is due at now, and returns how long it is until it is to be
// looked again: a frame that comes meanwhile is held back for longer.
func (v *Grid) step(now capture.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.place(v.reorder.Pop(now))
	due := now.Add(-max(v.Hold, SettleAfter))
	v.settle(due)
	if v.shown() && due.Sub(v.lastAt) >= repeatAfter {
		v.repeat(due)
	}
	if v.reorder.Held() {
		return CastTick
	}
	return stillTick
}

// shown tells whether a frame has been placed.
func (v *Grid) shown() bool { return v.last.Bytes() != nil }

// place puts frames on the grid, or into the queue at their own times.
func (v *Grid) place(frames []capture.Frame) {
	// What was swapped before the segment began is superseded by the last such
	// frame: that is what the page showed at the start.
	for len(frames) > 1 && frames[1].At <= v.start {
		v.slots.Discard()
		frames[0].Release()
		frames = frames[1:]
	}
	for _, f := range frames {
		v.spare.Release()
		v.spare = capture.Frame{}
		if slot, ok := v.slots.Place(f.At); ok {
			v.show(f, v.timeOf(slot, f))
			f.Release()
		} else {
			v.spare = f
		}
	}
}

// settle shows the last frame, where it found no slot, once the page has stood
// still up to due: else the page would be seen as it was before.
func (v *Grid) settle(due capture.Time) {
	slot, ok := v.slots.Settle(due)
	if !ok {
		return
	}
	v.show(v.spare, v.timeOf(slot, v.spare))
	v.spare.Release()
	v.spare = capture.Frame{}
}

// timeOf returns the time of a frame in a slot: the slot's, or with VFR its own.
func (v *Grid) timeOf(slot int64, f capture.Frame) time.Duration {
	if v.vfr {
		return max(0, f.At.Sub(v.start))
	}
	return v.slots.Offset(slot)
}

// show passes one frame to the queue.
func (v *Grid) show(f capture.Frame, at time.Duration) {
	fresh := !bytes.Equal(f.Bytes(), v.last.Bytes())
	if !v.sink.WriteFrame(at, f, fresh, v.ending) {
		v.refused++
		return
	}
	shown := max(f.At, v.start)
	if !v.shown() {
		close(v.First)
		v.freeze = shown.Sub(v.start) // it is shown from the start on
	}
	if fresh {
		v.distinct++
		if v.fresh != 0 {
			v.freeze = max(v.freeze, shown.Sub(v.fresh))
		}
		v.fresh = shown
	}
	v.last.Release()
	v.last, v.lastAt = f.Retain(), shown
}

// repeat sends the last frame again for the instant t.
func (v *Grid) repeat(t capture.Time) {
	slot, ok := v.slots.Repeat(t)
	if !ok {
		return
	}
	// A refused repeat is no loss: the grid shows the last frame anyway.
	_ = v.sink.WriteFrame(v.slots.Offset(slot), v.last, false, v.ending)
	v.lastAt = t
}

// Finish passes on what was captured up to end, and fills the grid up to there.
func (v *Grid) Finish(end capture.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.ending = true
	v.place(v.reorder.Drain(end))
	v.settle(end)
	if !v.shown() {
		return
	}
	v.freeze = max(v.freeze, end.Sub(v.fresh))
	// The last slot begins before the end; its frame lasts for one slot.
	v.repeat(end.Add(-time.Millisecond))
}

// Still returns the frame that is on the screen, with a reference of the
// caller's; false when there is none.
func (v *Grid) Still() (capture.Frame, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last.Retain(), v.shown()
}

// Forget counts new frames that were taken out of the queue again.
func (v *Grid) Forget(frames int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.refused += frames
	v.distinct -= frames
}

// Release gives up the last frame; the video is not used any more.
func (v *Grid) Release() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last.Release()
	v.spare.Release()
	v.last, v.spare = capture.Frame{}, capture.Frame{}
}

// Counts is what a video counted so far.
type Counts struct {
	Captured int // by the engine
	Distinct int // in the queue, that differ from the one before
	Dropped  int // captured, but not in the queue
	Refused  int // of those, because the queue was full
	Freeze   time.Duration
}

// Counts returns what was counted so far.
func (v *Grid) Counts() Counts {
	v.mu.Lock()
	defer v.mu.Unlock()
	stats := v.slots.Stats()
	return Counts{
		Captured: v.captured, Distinct: v.distinct, Refused: v.refused, Freeze: v.freeze,
		Dropped: stats.Dropped - stats.Before + v.refused + v.reorder.Late(),
	}
}
