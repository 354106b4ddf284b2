package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"beam/capture"
)

// What the encoder must not write is refused with a class and the right cause.
func TestWriterRefuses(t *testing.T) {
	good := small(t)
	moof := bytes.Index(good, []byte("moof")) - 4
	mdat := bytes.Index(good, []byte("mdat")) - 4
	ordinary := filepath.Join(t.TempDir(), "ordinary.mp4")
	run(t, "ffmpeg", "-v", "fatal", "-f", "lavfi", "-i", "testsrc2=s=32x32:d=0.2", "-c:v", "libx264", "-movflags", "faststart", ordinary)
	plain, err := os.ReadFile(ordinary)
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, b ...byte) []byte {
		c := slices.Clone(good)
		copy(c[at:], b)
		return c
	}
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"not fragmented", plain, ErrUnsupported},
		{"no head", good[moof:], ErrMalformed},
		{"media without a fragment", slices.Concat(good[:moof], good[mdat:]), ErrUnsupported},
		{"media before the movie", good[mdat:], ErrUnsupported},
		{"text", []byte("{\"not\": \"a movie\"}"), ErrMalformed},
		{"binary", []byte{0, 0, 0, 16, 1, 2, 3, 4, 0, 0, 0, 0}, ErrMalformed},
		{"a box too small", []byte("\x00\x00\x00\x04ftyp1234"), ErrMalformed},
		{"a long box too small", []byte("\x00\x00\x00\x01ftyp\x00\x00\x00\x00\x00\x00\x00\x0f"), ErrMalformed},
		{"a box too large", []byte("\x00\x00\x00\x01uuid\xff\xff\xff\xff\xff\xff\xff\xff"), ErrMalformed},
		{"a huge ftyp", []byte("\x7f\xff\xff\xffftypisom"), ErrMalformed},
		{"a huge movie", append(slices.Clone(good[:bytes.Index(good, []byte("moov"))-4]), "\x7f\xff\xff\xffmoov"...), ErrMalformed},
		{"media without an end", change(mdat, 0, 0, 0, 0), ErrUnsupported},
		{"media too short for its samples", change(mdat, 0, 0, 0, 100), ErrMalformed},
		{"a fragment of another track", change(bytes.Index(good, []byte("tfhd"))+8, 0, 0, 0, 9), ErrMalformed},
		{"a run longer than its box", change(bytes.Index(good, []byte("trun"))+8, 0xff, 0xff), ErrMalformed},
	} {
		w, err := NewWriter(&memory{}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(c.data)
		var f *capture.Fault
		if !errors.Is(err, c.want) || !errors.As(err, &f) || f.Class != capture.ClassEncoder {
			t.Errorf("%s: %v", c.name, err)
		}
		if f != nil && errors.Is(err, ErrUnsupported) != strings.Contains(f.Hint, "movflags") {
			t.Errorf("%s: hint %q", c.name, f.Hint)
		}
	}
}

func TestNewWriterRefuses(t *testing.T) {
	for _, reserve := range []int64{-1, 1 << 40} {
		if _, err := NewWriter(&memory{}, Options{Reserve: reserve}); err == nil {
			t.Errorf("a reserve of %d bytes", reserve)
		}
	}
}

// Bytes that are told to be safe never change before Finish, but in the
// reserve, and Progress may be asked from elsewhere.
func TestProgress(t *testing.T) {
	data := small(t)
	m := &memory{}
	var told []Fragment
	safe := map[int64][]byte{}
	w, err := NewWriter(m, Options{Reserve: 1 << 10, Fragment: func(f Fragment) {
		told = append(told, f)
		end := f.Offset + f.Size
		if int64(len(m.data)) != end {
			t.Errorf("told of byte %d with %d written", end, len(m.data))
		}
		safe[end] = slices.Clone(m.data)
	}})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	done := make(chan struct{})
	group.Go(func() {
		var last Progress
		for {
			select {
			case <-done:
				return
			default:
			}
			p := w.Progress()
			if p.Safe < last.Safe || p.Fragments < last.Fragments || p.Media < last.Media {
				t.Errorf("%+v after %+v", p, last)
			}
			last = p
		}
	})
	feed(t, w, data)
	close(done)
	group.Wait()
	if diff := cmp.Diff(w.Index().Fragments(), told); diff != "" || len(told) < 4 {
		t.Errorf("fragments told (-want +got):\n%s", diff)
	}
	for end, was := range safe {
		if !bytes.Equal(m.data[:end], was) {
			t.Errorf("the first %d bytes have changed", end)
		}
	}
	p := w.Progress()
	if p.Fragments != len(told) || p.Safe != int64(len(m.data)) || (p.Media-2*time.Second).Abs() > 100*time.Millisecond {
		t.Errorf("%+v", p)
	}
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err == nil {
		t.Error("written to after Finish")
	}
	if len(w.Index().Segments()) == 0 {
		t.Error("no segments")
	}
}

// The numbers of the fragments rise, whatever encoder they are from.
func TestFragmentNumbers(t *testing.T) {
	data := small(t)
	_, m := recordMemory(t, slices.Concat(data, data), Options{Timing: TimingAbsolute})
	var want uint32
	for rest := m.data; ; {
		at := bytes.Index(rest, []byte("mfhd"))
		if at < 0 {
			break
		}
		want++
		if got := binary.BigEndian.Uint32(rest[at+8:]); got != want {
			t.Errorf("fragment %d has number %d", want, got)
		}
		rest = rest[at+4:]
	}
	if want < 8 {
		t.Errorf("only %d fragments", want)
	}
}

// The options survive in the file, but not metadata that is too long for it.
func TestNote(t *testing.T) {
	ftyp := []byte("\x00\x00\x00\x10ftypisom\x00\x00\x00\x00")
	origin := 3 * time.Second
	for _, c := range []struct{ comment, want string }{{"short", "short"}, {strings.Repeat("x", maxNote), ""}} {
		in := Options{Timing: TimingZeroed, Origin: &origin, Priming: 2048, Metadata: Metadata{Comment: c.comment}}.settings()
		tail, err := reserveTail(in, ftyp)
		if err != nil {
			t.Fatal(err)
		}
		note := tail[:len(tail)-len(ftyp)-slotSize]
		out, n, ok := parseNote(note)
		in.Metadata.Comment = c.want
		if diff := cmp.Diff(in, out); diff != "" || !ok || n != len(note) {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, bad := range [][]byte{nil, note[:len(note)-1], note[1:], append([]byte("x"), note[2:]...)} {
			if _, _, ok := parseNote(bad); ok {
				t.Errorf("believed %.40q", bad)
			}
		}
	}
}

// ReserveFor's answer is what IndexSize's worst case needs; here, that it grows
// with the length and is never absurd.
func TestReserveFor(t *testing.T) {
	if hour := ReserveFor(time.Hour, 30); hour < 2<<20 || hour > 3<<20 {
		t.Errorf("an hour: %d bytes", hour)
	}
	if hour := ReserveFor(100*time.Hour, 30); hour != 32<<20 {
		t.Errorf("a hundred hours: %d bytes", hour)
	}
	if none := ReserveFor(0, 0); none < 1<<10 || none > 1<<20 {
		t.Errorf("nothing: %d bytes", none)
	}
}

func TestCutText(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aé", 2, "a"}, {"日本", 5, "日"}, {"é", 1, ""}} {
		if got := cut(c.text, c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

// Sample groups of the encoder come out again, for all samples.
func TestRollGroup(t *testing.T) {
	tr := testTrack("soun", "mp4a", 48000, 0, repeat(7, sample{duration: 1024})...)
	var sgpd builder
	sgpd.full("sgpd", 1, 0, func() {
		sgpd.str("roll")
		sgpd.u32(2)
		sgpd.u32(1)
		sgpd.u16(0xffff)
	})
	tr.box.sgpd = sgpd.b
	var w builder
	w.sampleTable(tr, tr.chunkOffsets())
	var got []string
	for b, err := range boxes(w.b) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b.typ)
		if b.typ == "sbgp" && !bytes.Equal(b.body, []byte("\x00\x00\x00\x00roll\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00\x00\x01")) {
			t.Errorf("sbgp %x", b.body)
		}
	}
	if diff := cmp.Diff([]string{"stsd", "stts", "stsc", "stsz", "stco", "sgpd", "sbgp"}, got); diff != "" {
		t.Error(diff)
	}
}
