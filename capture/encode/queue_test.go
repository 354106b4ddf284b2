package encode

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"beam/capture"
)

func jpegFrame(bytes ...byte) capture.Frame { return capture.Frame{JPEG: bytes} }

func TestFeedRefusesFramesNeverAudio(t *testing.T) {
	f := NewQueue(30)
	for i := range f.most + 5 {
		ok := f.WriteFrame(time.Duration(i)*33*time.Millisecond, jpegFrame(1), true, false)
		if want := i < f.most; ok != want {
			t.Fatalf("frame %d taken: %v", i, ok)
		}
	}
	if !f.WriteFrame(time.Minute, jpegFrame(1), true, true) {
		t.Error("the last frame of a segment was refused")
	}
	pcm := make([]int16, 48000*2)
	for i := range queueAudioSeconds {
		if err := f.WriteSamples(time.Duration(i)*time.Second, pcm); err != nil {
			t.Fatalf("second %d of audio refused: %v", i, err)
		}
	}
	if err := f.WriteSamples(0, pcm); err != errEncoderStuck {
		t.Errorf("a minute and a second of audio: %v, want %v", err, errEncoderStuck)
	}
}

// Raw frames are bounded by their bytes, and their memory goes back to the pool
// whatever becomes of them.
func TestFeedBoundsRawFrames(t *testing.T) {
	size := capture.Size{Width: 1920, Height: 1080}
	pool := capture.NewRawPool(size, 100)
	f := NewQueue(30)
	taken := 0
	for range f.most {
		frame := capture.Frame{Raw: pool.Get()}
		if f.WriteFrame(0, frame, true, false) {
			taken++
		}
		frame.Release()
	}
	if most := queueBytes / (size.Pixels() * 3 / 2); taken != most {
		t.Errorf("%d raw frames taken, want %d", taken, most)
	}
	b, ok := f.next(t.Context())
	if !ok || f.Left() != 1 {
		t.Fatalf("next: %v, %d left the queue", ok, f.Left())
	}
	b.frame.Release()
	f.abandon()
	if _, ok := f.next(t.Context()); ok {
		t.Error("an abandoned queue still gives")
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
	f := NewQueue(30)
	f.WriteFrame(0, jpegFrame(1), true, false)
	_ = f.WriteSamples(5*time.Millisecond, []int16{1, 1})
	f.WriteFrame(33*time.Millisecond, jpegFrame(2), true, false)
	head := f.queue[0].queued
	if waits := f.Waits(head.Add(time.Second)); waits != time.Second {
		t.Errorf("the head waits for %v, want 1s", waits)
	}
	f.Close()
	if f.WriteFrame(50*time.Millisecond, jpegFrame(3), true, false) {
		t.Error("a closed queue took a frame")
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
	if f.Waits(capture.Now()) != 0 {
		t.Error("an empty queue has a head")
	}
}

func TestFeedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewQueue(30)
		go func() {
			time.Sleep(time.Hour)
			f.WriteFrame(time.Hour, jpegFrame(1), true, false)
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
	f := NewQueue(30)
	for i := range 5 {
		f.WriteFrame(time.Duration(i)*time.Millisecond, jpegFrame(byte(i)), true, false)
		_ = f.WriteSamples(time.Duration(i)*time.Millisecond, []int16{int16(i), 0})
	}
	if n := f.DropFrames(); n != 5 {
		t.Errorf("%d frames dropped, want 5", n)
	}
	f.WriteFrame(time.Second, jpegFrame(9), true, true)
	all := blocks(t, f)
	if len(all) != 6 || all[0].isFrame() || all[4].pcm[0] != 4 || !all[5].isFrame() {
		t.Errorf("left: %+v", all)
	}
}

// blocks takes all that is in a queue.
func blocks(t *testing.T, f *Queue) []block {
	t.Helper()
	f.Close()
	var all []block
	for {
		b, ok := f.next(t.Context())
		if !ok {
			return all
		}
		all = append(all, b)
	}
}
