package beam

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"beam/capture"
)

func jpegFrame(bytes ...byte) capture.Frame { return capture.Frame{JPEG: bytes} }

func TestFeedRefusesFramesNeverAudio(t *testing.T) {
	f := newFeed(30)
	for i := range f.most + 5 {
		ok := f.picture(time.Duration(i)*33*time.Millisecond, jpegFrame(1), true, false)
		if want := i < f.most; ok != want {
			t.Fatalf("frame %d taken: %v", i, ok)
		}
	}
	if !f.picture(time.Minute, jpegFrame(1), true, true) {
		t.Error("the last frame of a segment was refused")
	}
	pcm := make([]int16, 48000*2)
	for i := range feedSoundSeconds {
		if err := f.samples(time.Duration(i)*time.Second, pcm); err != nil {
			t.Fatalf("second %d of audio refused: %v", i, err)
		}
	}
	if err := f.samples(0, pcm); err != errEncoderStuck {
		t.Errorf("a minute and a second of audio: %v, want %v", err, errEncoderStuck)
	}
}

// Raw frames are bounded by their bytes, and their memory goes back to the pool
// whatever becomes of them.
func TestFeedBoundsRawFrames(t *testing.T) {
	size := capture.Size{Width: 1920, Height: 1080}
	pool := capture.NewRawPool(size, 100)
	f := newFeed(30)
	taken := 0
	for range f.most {
		frame := capture.Frame{Raw: pool.Get()}
		if f.picture(0, frame, true, false) {
			taken++
		}
		frame.Release()
	}
	if most := feedBytes / (size.Pixels() * 3 / 2); taken != most {
		t.Errorf("%d raw frames taken, want %d", taken, most)
	}
	b, ok := f.next(t.Context())
	if !ok || f.left() != 1 {
		t.Fatalf("next: %v, %d left the queue", ok, f.left())
	}
	b.frame.Release()
	f.abandon()
	if _, ok := f.next(t.Context()); ok {
		t.Error("an abandoned feed still gives")
	}
	seen := map[*capture.Raw]bool{}
	for range taken {
		r := pool.Get()
		if seen[r] {
			t.Fatal("a frame was released twice")
		}
		seen[r] = true
	}
}

func TestFeedKeepsOrderAndDrains(t *testing.T) {
	f := newFeed(30)
	f.picture(0, jpegFrame(1), true, false)
	_ = f.samples(5*time.Millisecond, []int16{1, 1})
	f.picture(33*time.Millisecond, jpegFrame(2), true, false)
	head := f.queue[0].queued
	if waits := f.waits(head.Add(time.Second)); waits != time.Second {
		t.Errorf("the head waits for %v, want 1s", waits)
	}
	f.close()
	if f.picture(50*time.Millisecond, jpegFrame(3), true, false) {
		t.Error("a closed feed took a frame")
	}
	var got []time.Duration
	for {
		b, ok := f.next(t.Context())
		if !ok {
			break
		}
		got = append(got, b.at)
	}
	if len(got) != 3 || got[1] != 5*time.Millisecond || got[2] != 33*time.Millisecond {
		t.Errorf("blocks at %v", got)
	}
	if f.waits(capture.Now()) != 0 {
		t.Error("an empty queue has a head")
	}
}

func TestFeedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(30)
		go func() {
			time.Sleep(time.Hour)
			f.picture(time.Hour, jpegFrame(1), true, false)
		}()
		if b, ok := f.next(t.Context()); !ok || b.at != time.Hour {
			t.Errorf("got %v, %v", b, ok)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		if _, ok := f.next(ctx); ok {
			t.Error("a block out of nothing")
		}
	})
}

func TestFeedDropsFramesKeepsAudio(t *testing.T) {
	f := newFeed(30)
	for i := range 5 {
		f.picture(time.Duration(i)*time.Millisecond, jpegFrame(byte(i)), true, false)
		_ = f.samples(time.Duration(i)*time.Millisecond, []int16{int16(i), 0})
	}
	if n := f.dropFrames(); n != 5 {
		t.Errorf("%d frames dropped, want 5", n)
	}
	f.picture(time.Second, jpegFrame(9), true, true)
	all := blocks(t, f)
	if len(all) != 6 || all[0].isFrame() || all[4].pcm[0] != 4 || !all[5].isFrame() {
		t.Errorf("left: %+v", all)
	}
}
