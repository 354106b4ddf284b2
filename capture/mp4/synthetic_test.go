package mp4

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// synthetic makes recordings of any length at the cost of their index: its
// fragments have the shape of ffmpeg's, their media is not there.
type synthetic struct {
	init []byte
	jit  bool // picture times that never repeat
}

// newSynthetic takes the initialisation segment of a real recording.
func newSynthetic(t testing.TB) synthetic {
	data := small(t)
	return synthetic{init: data[:bytes.Index(data, []byte("moof"))-4]}
}

const (
	pictureTicks = 15360 // a second of small's pictures
	pictureRate  = 30
	pictureBytes = 12_500 // 3 Mb/s
	soundBytes   = 340
)

// fragment returns the movie fragment of second n and the size of its media
// data box.
func (s synthetic) fragment(n int) (moof []byte, media int) {
	sounds := 47
	if n%8 != 0 {
		sounds = 46 + n%2
	}
	track := func(w *builder, id uint32, time uint64, duration uint32, count, size, offset int) {
		w.box("traf", func() {
			w.full("tfhd", 0, tfhdBaseIsMoof|tfhdDuration|tfhdFlags, func() {
				w.u32(id)
				w.u32(duration)
				w.u32(sampleNonSync & (id - 2)) // track 1 is non-sync, but for its first
			})
			w.full("tfdt", 1, 0, func() { w.u64(time) })
			flags := uint32(trunOffset | trunFirstFlags | trunSize | trunDuration)
			w.full("trun", 1, flags, func() {
				w.u32(uint32(count))
				w.u32(uint32(offset))
				w.u32(0)
				for i := range count {
					d := duration
					if s.jit && id == 1 {
						d += uint32(i%7) - 3
					}
					w.u32(d)
					w.u32(uint32(size + i%5))
				}
			})
		})
	}
	first := pictureRate*pictureBytes + pictureRate/5*10
	second := sounds*soundBytes + sounds/5*10 + sounds%5*(sounds%5-1)/2
	build := func(header int) []byte {
		var w builder
		w.box("moof", func() {
			w.full("mfhd", 0, 0, func() { w.u32(uint32(n + 1)) })
			track(&w, 1, uint64(n)*pictureTicks, pictureTicks/pictureRate, pictureRate, pictureBytes, header)
			track(&w, 2, uint64(n)*48000, 1024, sounds, soundBytes, header+first)
		})
		return w.b
	}
	moof = build(0)
	moof = build(len(moof) + shortHeader)
	return moof, first + second
}

// sparse is a file whose media is left out: what comes from zeros becomes a hole.
type sparse struct{ *os.File }

func (s sparse) WriteAt(p []byte, off int64) (int, error) {
	if len(p) > 0 && &p[0] == &zeros[0] {
		return len(p), nil
	}
	return s.File.WriteAt(p, off)
}

var zeros = make([]byte, 64<<20)

// record records a number of seconds.
func (s synthetic) record(t testing.TB, f File, seconds int, opt Options) *Writer {
	t.Helper()
	w, err := NewWriter(f, opt)
	if err != nil {
		t.Fatal(err)
	}
	put := func(p []byte) {
		if _, err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	put(s.init)
	for n := range seconds {
		moof, media := s.fragment(n)
		put(moof)
		put(append(binary.BigEndian.AppendUint32(nil, uint32(media+shortHeader)), "mdat"...))
		put(zeros[:media])
	}
	return w
}

func create(t testing.TB) sparse {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "long.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return sparse{f}
}

// Four hours must stay within 20 MB of memory, in their worst case of picture
// times that never repeat, and within the reserve that ReserveFor says.
func TestIndexSize(t *testing.T) {
	const d = 4 * time.Hour
	s := newSynthetic(t)
	s.jit = true
	f := create(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := s.record(t, f, int(d/time.Second), Options{Reserve: ReserveFor(d, pictureRate)})
	runtime.GC()
	runtime.ReadMemStats(&after)
	samples := w.Index().samples()
	if want := int(d.Seconds() * 76); samples < want {
		t.Errorf("%d samples, want %d", samples, want)
	}
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d samples take %.1f MB", samples, float64(grown)/1e6)
	if grown > 20e6 {
		t.Errorf("%d bytes for %d samples", grown, samples)
	}
	r, err := w.Finish(Metadata{})
	if err != nil || r.Tail {
		t.Errorf("%+v, %v", r, err)
	}
	t.Logf("a head of %.1f MB", float64(r.Head)/1e6)
	checkScan(t, w.Index(), f.Name())
}

// Real media on both sides of 4 GiB.
func TestLargeFile(t *testing.T) {
	data := small(t)
	original := write(t, data)
	cut := bytes.LastIndex(data[:len(data)*2/3], []byte("moof")) - 4
	const gap = 9 << 29 // 4.5 GiB
	f := create(t)
	w, err := NewWriter(f, Options{Reserve: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	feed(t, w, data[:cut])
	var filler builder
	filler.u32(1)
	filler.str("uuid")
	filler.u64(gap)
	feed(t, w, filler.b)
	for left := int64(gap - longHeader); left > 0; {
		n, err := w.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			t.Fatal(err)
		}
		left -= int64(n)
	}
	feed(t, w, data[cut:])
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	if got := layout64(t, f.File); !slices.Equal(got, []string{"ftyp", "moov", "free", "mdat"}) {
		t.Errorf("boxes: %v", got)
	}
	checkSame(t, original, f.Name())
	checkScan(t, w.Index(), f.Name())
	r, err := w.Index().Compact(t.Context(), f, f.Name()+".small", Metadata{})
	if err != nil || r.Size > 1<<20 {
		t.Fatalf("%+v, %v", r, err)
	}
	checkSame(t, original, f.Name()+".small")
}

func layout64(t *testing.T, f *os.File) (types []string) {
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	for at := int64(0); at < st.Size(); {
		b := make([]byte, longHeader)
		if _, err := f.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		h, _, err := parseHeader(b)
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, h.typ)
		at += h.size
	}
	return types
}

// Finishing costs the index: 10 seconds against 3 hours (4 GB of media).
func BenchmarkFinish(b *testing.B) {
	for _, d := range []time.Duration{10 * time.Second, 3 * time.Hour} {
		b.Run(d.String(), func(b *testing.B) {
			s := newSynthetic(b)
			f := create(b)
			w := s.record(b, f, int(d/time.Second), Options{Reserve: ReserveFor(4*time.Hour, pictureRate)})
			var r Result
			var err error
			for b.Loop() {
				if r, err = w.Finish(Metadata{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(r.Size)/1e6, "MB-file")
		})
	}
}
