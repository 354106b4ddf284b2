package beam

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestFeedRefusesPicturesNeverSound(t *testing.T) {
	f := newFeed()
	for i := range feedPictures + 5 {
		ok := f.picture(time.Duration(i)*33*time.Millisecond, []byte{1})
		if want := i < feedPictures; ok != want {
			t.Fatalf("picture %d taken: %v", i, ok)
		}
	}
	pcm := make([]int16, 48000*2)
	for i := range feedSoundSeconds {
		if err := f.samples(time.Duration(i)*time.Second, pcm); err != nil {
			t.Fatalf("second %d of sound refused: %v", i, err)
		}
	}
	if err := f.samples(0, pcm); err != errEncoderStuck {
		t.Errorf("a minute and a second of sound: %v, want %v", err, errEncoderStuck)
	}
}

func TestFeedKeepsOrderAndDrains(t *testing.T) {
	f := newFeed()
	f.picture(0, []byte{1})
	_ = f.samples(5*time.Millisecond, []int16{1, 1})
	f.picture(33*time.Millisecond, []byte{2})
	if f.lag() != 33*time.Millisecond {
		t.Errorf("lag %v, want 33ms", f.lag())
	}
	f.close()
	if f.picture(50*time.Millisecond, []byte{3}) {
		t.Error("a closed feed took a picture")
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
}

func TestFeedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		go func() {
			time.Sleep(time.Hour)
			f.picture(time.Hour, []byte{1})
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
