package video

import (
	"slices"
	"testing"
	"time"

	"beam/capture"
)

func times(frames []capture.Frame) []float64 {
	var out []float64
	for _, f := range frames {
		out = append(out, float64(f.At)/1e6)
	}
	return out
}

func TestReorder(t *testing.T) {
	r := NewReorder(100 * time.Millisecond)
	for _, at := range []float64{30, 10, 20, 50, 40} {
		r.Push(capture.Frame{At: ms(at)})
	}
	if got := times(r.Pop(ms(125))); !slices.Equal(got, []float64{10, 20}) {
		t.Errorf("after the hold: %v, want [10 20]", got)
	}
	r.Push(capture.Frame{At: ms(15)}) // too late: 20 is out already
	r.Push(capture.Frame{At: ms(25)})
	if got := times(r.Drain(ms(45))); !slices.Equal(got, []float64{25, 30, 40}) {
		t.Errorf("drained %v, want [25 30 40]", got)
	}
	if got := times(r.Pop(ms(1000))); !slices.Equal(got, []float64{50}) {
		t.Errorf("the rest is %v, want [50]", got)
	}
	if r.Late() != 1 {
		t.Errorf("%d late, want 1", r.Late())
	}
}

func TestReorderKeepsOrderOfArrivalForEqualTimes(t *testing.T) {
	r := NewReorder(0)
	for _, name := range []string{"a", "b", "c"} {
		r.Push(capture.Frame{At: ms(5), JPEG: []byte(name)})
	}
	var got string
	for _, f := range r.Pop(ms(5)) {
		got += string(f.JPEG)
	}
	if got != "abc" {
		t.Errorf("order %q, want abc", got)
	}
}
