package beam

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"beam/capture"
)

// The picture pump's times.
const (
	// reorderHold is how long a picture waits for earlier ones: on a busy
	// machine Chromium's JPEG encoders finish up to some 100 ms out of order.
	reorderHold = 150 * time.Millisecond
	// repeatAfter is how long the page may stay unchanged before its last
	// picture is sent again, so that the encoder's output keeps flowing and a
	// crash loses little.
	repeatAfter = 400 * time.Millisecond
	pumpTick    = 10 * time.Millisecond
)

// video takes the pictures of a screencast, in any order, and passes them to
// the feed on the grid. Its methods may be called from any goroutine.
type video struct {
	start Time
	fps   float64
	vfr   bool
	feed  *feed

	mu       sync.Mutex
	reorder  *capture.Reorder
	slots    *capture.Slotter
	governor *capture.Governor
	last     []byte // the last picture placed
	lastAt   Time   // capture time of it, or of its last repeat
	fresh    Time   // capture time of the last picture that was new
	seed     maphash.Seed
	hash     uint64
	captured int
	distinct int
	refused  int // placed on the grid, but the feed was full
	freeze   time.Duration
	lowest   float64
	first    chan struct{} // closed when the first picture was placed
}

// Time is an instant of CLOCK_MONOTONIC.
type Time = capture.Time

func newVideo(start Time, s Settings, f *feed) *video {
	fps := float64(s.FPS)
	return &video{
		start: start, fps: fps, vfr: s.FPSMode == FPSModeVFR, feed: f,
		reorder:  capture.NewReorder(reorderHold),
		slots:    capture.NewSlotter(start, fps),
		governor: capture.NewGovernor(fps, start),
		seed:     maphash.MakeSeed(),
		lowest:   fps,
		first:    make(chan struct{}),
	}
}

// take takes a picture of the screencast.
func (v *video) take(f capture.Frame) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.captured++
	v.reorder.Push(f)
}

// run passes pictures on until ctx ends. notice is told when the governor
// changes the rate.
func (v *video) run(ctx context.Context, notice func(rate float64)) {
	tick := time.NewTicker(pumpTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if rate, changed := v.step(capture.Now()); changed {
				notice(rate)
			}
		}
	}
}

// step passes on what is due at now.
func (v *video) step(now Time) (rate float64, changed bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	every, changed := v.governor.Observe(now, v.feed.lag())
	if changed {
		v.slots.Thin(every)
		v.lowest = min(v.lowest, v.governor.Rate())
	}
	v.place(v.reorder.Pop(now))
	if due := now.Add(-reorderHold); v.last != nil && due.Sub(v.lastAt) >= repeatAfter {
		v.repeat(due)
	}
	return v.governor.Rate(), changed
}

// place puts pictures on the grid, or into the feed at their own times.
func (v *video) place(frames []capture.Frame) {
	// What was swapped before the recording began is superseded by the last
	// such picture: that is what the page showed at the start.
	for len(frames) > 1 && frames[1].At <= v.start {
		v.slots.Discard()
		frames = frames[1:]
	}
	for _, f := range frames {
		slot, ok := v.slots.Place(f.At)
		if !ok {
			continue
		}
		at := v.slots.Offset(slot)
		if v.vfr {
			at = max(0, f.At.Sub(v.start))
		}
		v.show(f, at)
	}
}

// show passes one picture to the feed.
func (v *video) show(f capture.Frame, at time.Duration) {
	if !v.feed.picture(at, f.JPEG) {
		v.refused++
		return
	}
	shown := max(f.At, v.start)
	if hash := maphash.Bytes(v.seed, f.JPEG); v.last == nil || hash != v.hash {
		v.hash = hash
		v.distinct++
		if v.fresh != 0 {
			v.freeze = max(v.freeze, shown.Sub(v.fresh))
		}
		v.fresh = shown
	}
	if v.last == nil {
		close(v.first)
	}
	v.last, v.lastAt = f.JPEG, shown
}

// repeat sends the last picture again for the instant t.
func (v *video) repeat(t Time) {
	slot, ok := v.slots.Repeat(t)
	if !ok {
		return
	}
	// A refused repeat is no loss: the grid shows the last picture anyway.
	_ = v.feed.picture(v.slots.Offset(slot), v.last)
	v.lastAt = t
}

// finish passes on what was captured up to end, and fills the grid up to there.
func (v *video) finish(end Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.place(v.reorder.Drain(end))
	if v.last == nil {
		return
	}
	v.freeze = max(v.freeze, end.Sub(v.fresh))
	// The last slot begins before the end; its picture lasts for one slot. At
	// the end of its input ffmpeg 5.1 repeats the last picture as often as the
	// ones before (the median of the last three), so those have to be next to
	// each other.
	slot := time.Duration(float64(time.Second) / v.fps)
	for back := 2; back >= 0; back-- {
		v.repeat(end.Add(-time.Millisecond - time.Duration(back)*slot))
	}
}

// addTo adds the counts to a report.
func (v *video) addTo(r *PictureReport) {
	v.mu.Lock()
	defer v.mu.Unlock()
	stats := v.slots.Stats()
	r.Captured += v.captured
	r.Distinct += v.distinct
	r.Dropped += stats.Dropped - stats.Before + v.refused + v.reorder.Late()
	r.LongestFreeze = max(r.LongestFreeze, milliseconds(v.freeze))
	r.Lowered += v.governor.Lowered()
	if r.LowestFPS == 0 || v.lowest < r.LowestFPS {
		r.LowestFPS = v.lowest
	}
}

// cast makes the picture report of a recording whose pictures came from
// screencasts; encoded is the number of pictures in the file.
func cast(segments []*segment, encoded int, seconds float64) *PictureReport {
	r := &PictureReport{Encoded: encoded}
	for _, s := range segments {
		s.video.addTo(r)
	}
	r.Repeated = max(0, encoded-r.Distinct)
	r.DistinctFPS = round(float64(r.Distinct)/max(seconds, 0.001), 2)
	return r
}

// counts returns how many pictures were captured and dropped so far.
func (v *video) counts() (captured, dropped int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	stats := v.slots.Stats()
	return v.captured, stats.Dropped - stats.Before + v.refused + v.reorder.Late()
}
