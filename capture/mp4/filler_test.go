package mp4

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// marker is a Repeater whose pictures can be told from others.
type marker struct{ fail error }

func (m marker) Picture(sample []byte) ([]byte, error) {
	return slices.Concat(sample, []byte("!")), m.fail
}

func (marker) Repeat() ([]byte, error) { return []byte("again"), nil }

// sparseVideo is an encoder's output at 10 frames a second with a picture at some
// slots only.
func sparseVideo(t testing.TB) []byte {
	return encode(t, "+default_base_moof+negative_cts_offsets+frag_discont",
		"-f", "lavfi", "-i", "testsrc2=s=32x32:r=10:d=4", "-f", "lavfi", "-i", "anullsrc=r=48000:d=4",
		"-vf", `select=eq(n\,0)+eq(n\,1)+eq(n\,5)+between(n\,20\,22)+gt(n\,35)`, "-fps_mode", "vfr", "-bf", "0", "-g", "10",
		"-bsf:v", `setts=duration=if(gt(NEXT_PTS\,PTS)\,NEXT_PTS-PTS\,DURATION)`, "-video_track_timescale", "10000", "-frag_duration", "500000")
}

// filled returns what a Filler makes of an encoder's output.
func fillAll(t testing.TB, data []byte, fps int, r Repeater, refuse error) ([]byte, *Filler, error) {
	t.Helper()
	var out bytes.Buffer
	f := NewFiller(&out, fps, func(config []byte) (Repeater, error) {
		if len(config) < 7 || config[0] != 1 {
			t.Errorf("configuration record %x", config)
		}
		return r, refuse
	})
	for part := range slices.Chunk(data, 777) {
		if _, err := f.Write(part); err != nil {
			return out.Bytes(), f, err
		}
	}
	return out.Bytes(), f, nil
}

// videoOf returns the slots of the pictures in an MP4, and whether each is one
// that was put in.
func videoOf(t testing.TB, data []byte, fps int) (slots []int64, added []bool) {
	t.Helper()
	w, m := recordMemory(t, data, Options{})
	ix := w.Index()
	v := ix.tracks[slices.IndexFunc(ix.tracks, func(t *track) bool { return t.box.handler == "vide" })]
	ticks := int64(v.box.timescale) / int64(fps)
	i := 0
	for _, c := range v.chunks {
		at := c.offset
		for range c.count {
			added = append(added, bytes.Equal(m.data[at:at+int64(v.sizes[i])], []byte("again")))
			at += int64(v.sizes[i])
			i++
		}
	}
	dts := v.first
	for _, d := range v.deltas {
		for range d.count {
			if dts%ticks != 0 {
				t.Errorf("decode time %d is not on the grid", dts)
			}
			slots = append(slots, dts/ticks)
			dts += int64(d.value)
		}
	}
	return append(slots, dts/ticks)[:len(added)], added
}

// Each slot has a picture: the encoder's where it made one, else a repeat; within
// fragments, at their ends, and where the next one begins later than it should.
func TestFiller(t *testing.T) {
	plain := sparseVideo(t)
	for _, late := range []int64{0, 7} {
		data := slices.Clone(plain)
		if late > 0 {
			postpone(t, data, 3, late*1000)
		}
		out, f, err := fillAll(t, data, 10, marker{}, nil)
		if err != nil || f.Plain() != nil {
			t.Fatal(err, f.Plain())
		}
		from, _ := videoOf(t, data, 10)
		slots, added := videoOf(t, out, 10)
		for i, slot := range slots {
			if slot != slots[0]+int64(i) {
				t.Fatalf("late %d: slots %v", late, slots)
			}
			if added[i] == slices.Contains(from, slot) {
				t.Errorf("late %d: slot %d was put in: %v; the encoder's are %v", late, slot, added[i], from)
			}
		}
		if slots[0] != from[0] || slots[len(slots)-1] != from[len(from)-1] {
			t.Errorf("late %d: slots %d to %d, the encoder's %v", late, slots[0], slots[len(slots)-1], from)
		}
	}
}

// postpone makes the video of a recording later from its nth fragment on.
func postpone(t testing.TB, data []byte, n int, ticks int64) {
	t.Helper()
	for b, err := range boxes(data) {
		if err != nil {
			t.Fatal(err)
		}
		if b.typ != "moof" {
			continue
		}
		if n--; n <= 0 {
			if err := patch(b.raw, 1, 0, func(id uint32) int64 { return ticks * int64(id&1) }); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// An encoder's output that can't be filled goes through to the byte.
func TestFillerPlain(t *testing.T) {
	in := sparseVideo(t)
	for fps, refuse := range map[int]error{10: errors.New("an unknown codec"), 7919: nil} {
		out, f, err := fillAll(t, in, fps, marker{}, refuse)
		if err != nil || f.Plain() == nil || !bytes.Equal(out, in) {
			t.Errorf("%d fps: %d bytes of %d passed on, reason %v, error %v", fps, len(out), len(in), f.Plain(), err)
		}
	}
}

// A picture that can't be taken ends the writing with the repeater's error.
func TestFillerFails(t *testing.T) {
	reason := errors.New("not a picture")
	if _, _, err := fillAll(t, sparseVideo(t), 10, marker{reason}, nil); !errors.Is(err, reason) {
		t.Errorf("error %v", err)
	}
}

// Whatever the encoder writes, nothing panics, and pieces of any size make the
// same.
func FuzzFiller(f *testing.F) {
	for _, data := range append(seeds(f), sparseVideo(f)) {
		f.Add(data, uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		fill := func(size func() int) ([]byte, error) {
			var out bytes.Buffer
			f := NewFiller(&out, 10, func([]byte) (Repeater, error) { return marker{}, nil })
			for rest := data; len(rest) > 0; {
				n := min(size(), len(rest))
				if _, err := f.Write(rest[:n]); err != nil {
					return out.Bytes(), err
				}
				rest = rest[n:]
			}
			return out.Bytes(), nil
		}
		whole, wholeErr := fill(func() int { return len(data) })
		pieces, piecesErr := fill(func() int { return 1 + random.IntN(100) })
		if !bytes.Equal(whole, pieces) || (wholeErr == nil) != (piecesErr == nil) {
			t.Fatalf("%d bytes and %v, in pieces %d bytes and %v", len(whole), wholeErr, len(pieces), piecesErr)
		}
	})
}
