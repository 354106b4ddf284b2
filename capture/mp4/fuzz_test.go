package mp4

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// seeds are real recordings of a few kilobytes, in all their states.
func seeds(f *testing.F) (all [][]byte) {
	f.Helper()
	for _, flags := range []string{"+default_base_moof", "+negative_cts_offsets+frag_discont"} {
		all = append(all, encode(f, flags,
			"-f", "lavfi", "-i", "color=gray:s=16x16:r=10:d=0.6", "-f", "lavfi", "-i", "anullsrc=r=48000:d=0.6",
			"-bf", "1", "-b:a", "16k", "-frag_duration", "300000"))
	}
	return all
}

// Nothing that Scan reads may make it panic or believe too much, and what it
// takes can be finished and is then read as the same.
func FuzzScan(f *testing.F) {
	for _, data := range seeds(f) {
		f.Add(data)
		for _, reserve := range []int64{3 << 10, 0} {
			w, m := recordMemory(f, data, Options{Reserve: reserve})
			f.Add(slices.Clone(m.data))
			if _, err := w.Finish(Metadata{}); err != nil {
				f.Fatal(err)
			}
			f.Add(slices.Clone(m.data))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &memory{data: slices.Clone(data)}
		ix, err := scan(m, int64(len(data)))
		if err != nil {
			return
		}
		if ix.end > int64(len(data)) {
			t.Fatalf("ends at %d of %d bytes", ix.end, len(data))
		}
		ix.Info()
		ix.Format()
		for _, s := range ix.Segments() {
			if s.Offset < 0 || s.Size <= 0 || s.Offset+s.Size > ix.end || s.Init >= len(ix.inits) {
				t.Fatalf("segment %+v of %d bytes", s, ix.end)
			}
		}
		for _, tr := range ix.used() {
			at := 0
			for _, c := range tr.chunks {
				end := c.offset
				for range c.count {
					end += int64(tr.sizes[at])
					at++
				}
				if c.offset < 0 || end > int64(len(data)) {
					t.Fatalf("a chunk of bytes %d to %d in %d", c.offset, end, len(data))
				}
			}
			if at != tr.len() {
				t.Fatalf("chunks of %d samples, not %d", at, tr.len())
			}
		}
		if ix.finished {
			return
		}
		if _, err := ix.compact(Metadata{}); err != nil {
			t.Fatalf("compact: %v", err)
		}
		if !ix.inPlace() {
			return
		}
		if _, err := ix.finish(output{m}, ix.settings.Metadata); err != nil {
			t.Fatalf("finish: %v", err)
		}
		back, err := scan(m, int64(len(m.data)))
		if err != nil || !back.finished || back.samples() != ix.samples() {
			t.Fatalf("read back: %v", err)
		}
	})
}

// However the encoder's output is cut into pieces, the file is the same, and
// so is the error.
func FuzzWriter(f *testing.F) {
	for _, data := range seeds(f) {
		f.Add(data, uint64(1))
		f.Add(slices.Concat(data, data), uint64(2))
		f.Add(data[:len(data)*3/4], uint64(3))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		whole, wholeErr := feedAll(t, data, func() int { return len(data) })
		random := rand.New(rand.NewPCG(seed, 0))
		pieces, piecesErr := feedAll(t, data, func() int { return 1 + random.IntN(60) })
		if !bytes.Equal(whole.data, pieces.data) {
			t.Fatal("the pieces made a difference")
		}
		if (wholeErr == nil) != (piecesErr == nil) || wholeErr != nil && wholeErr.Error() != piecesErr.Error() {
			t.Fatalf("%v, in pieces %v", wholeErr, piecesErr)
		}
	})
}

func feedAll(t *testing.T, data []byte, size func() int) (*memory, error) {
	t.Helper()
	m := &memory{}
	w, err := NewWriter(m, Options{Reserve: 1 << 10})
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		n := min(size(), len(data))
		if _, err := w.Write(data[:n]); err != nil {
			_, finishErr := w.Finish(Metadata{})
			checkFinished(t, m, w, finishErr)
			return m, err
		}
		data = data[n:]
	}
	_, err = w.Finish(Metadata{})
	checkFinished(t, m, w, err)
	return m, nil
}

// checkFinished checks that what a Writer finished can be read.
func checkFinished(t *testing.T, m *memory, w *Writer, err error) {
	t.Helper()
	if err != nil {
		return
	}
	ix, err := scan(m, int64(len(m.data)))
	if err != nil || !ix.finished || ix.samples() != w.Index().samples() {
		t.Fatalf("read back: %v", err)
	}
}
