package capture_test

import (
	"testing"

	"beam/capture"
)

func TestRawPool(t *testing.T) {
	pool := capture.NewRawPool(capture.Size{Width: 4, Height: 2}, 1)
	a, b := pool.Get(), pool.Get()
	if len(a.Pix) != 12 {
		t.Fatalf("a picture of 4x2 has %d bytes, want 12", len(a.Pix))
	}
	a.Pix[0] = 7
	frame := capture.Frame{Raw: a}.Retain()
	a.Release()
	if c := pool.Get(); c == a {
		t.Error("a picture that is still in use was handed out again")
	}
	frame.Release()
	b.Release() // one more than the pool keeps
	if c := pool.Get(); c != a {
		t.Error("the memory of a released picture is not used again")
	}
	if c := pool.Get(); c == b {
		t.Error("the pool keeps more pictures than it was told to")
	}
}

func TestRawReleasedTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("nobody notices that a picture is released twice")
		}
	}()
	r := capture.NewRawPool(capture.Size{Width: 2, Height: 2}, 1).Get()
	r.Release()
	r.Release()
}

func TestFrameBytes(t *testing.T) {
	jpeg := capture.Frame{JPEG: []byte{1}}
	jpeg.Retain().Release()
	if raw := capture.NewRawPool(capture.Size{Width: 2, Height: 2}, 0).Get(); len(capture.Frame{Raw: raw}.Bytes()) != 6 || jpeg.Bytes()[0] != 1 {
		t.Error("bytes are not those of the picture")
	}
}
