package mp4

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// small is a recording of a few fragments that is cut and broken thousands of
// times.
func small(t testing.TB) []byte {
	t.Helper()
	return encode(t, "+default_base_moof+negative_cts_offsets+frag_discont",
		"-f", "lavfi", "-i", "testsrc2=s=48x32:r=15:d=2", "-f", "lavfi", "-i", "sine=f=440:r=48000:d=2",
		"-bf", "2", "-b:a", "24k", "-frag_duration", "400000")
}

// A crash at any instant of Finish leaves a file that players read whole, and
// from which Recover makes the file that Finish would have made.
func TestCrashInFinish(t *testing.T) {
	data := small(t)
	for _, c := range []struct {
		name    string
		reserve int64
	}{{"index in the reserve", 16 << 10}, {"index at the tail", 0}} {
		t.Run(c.name, func(t *testing.T) {
			// A fragment that was cut: Finish has a tail to remove as well.
			w, m := recordMemory(t, data[:len(data)-200], Options{Reserve: c.reserve, Timing: TimingAbsolute})
			before := slices.Clone(m.data)
			if _, err := w.Finish(Metadata{}); err != nil {
				t.Fatal(err)
			}
			want := m.data
			samples := w.Index().samples()
			for name, state := range crashes(before, m.ops) {
				got, ix, err := recoverMemory(state)
				if err != nil || ix.samples() != samples {
					t.Errorf("%s: %v", name, err)
					continue
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s: recovered into another file", name)
				}
				again, _, err := recoverMemory(got)
				if err != nil || !bytes.Equal(again, got) {
					t.Errorf("%s: recovered twice: %v", name, err)
				}
			}
			// What a player sees in each state, without recovering. Each state is a run of
			// ffprobe, so the fast lane takes each third.
			seen := map[string]bool{}
			for name, state := range crashes(before, m.ops) {
				if seen[string(state)] || bytes.Contains([]byte(name), []byte("torn")) {
					continue
				}
				seen[string(state)] = true
				if !exhaustive && len(seen)%3 != 1 {
					continue
				}
				path := write(t, state)
				if v, a := packets(t, path, "v"), packets(t, path, "a"); len(v)+len(a) < samples {
					t.Errorf("%s: a player sees %d packets of %d", name, len(v)+len(a), samples)
				}
			}
			if len(seen) < 4 {
				t.Errorf("only %d states", len(seen))
			}
		})
	}
}

// crashes returns the states in which a crash can leave a file while ops are
// done to it: all before a flush is on the disk; of what came after the last
// one any part, and of a write any number of its first bytes. A write of eight
// bytes inside a sector is all or nothing for players; torn, it must at least
// be recovered from.
func crashes(before []byte, ops []op) func(func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		durable := &memory{data: slices.Clone(before)}
		var pending []op
		for i, o := range ops {
			if o.kind != "sync" {
				pending = append(pending, o)
				continue
			}
			for set := range 1 << len(pending) {
				m := &memory{data: slices.Clone(durable.data)}
				for k, p := range pending {
					if set>>k&1 == 0 {
						continue
					}
					if p.kind == "write" {
						for _, n := range []int{1, 4, len(p.data) / 2, len(p.data) - 1} {
							part := &memory{data: slices.Clone(m.data)}
							part.apply(op{"write", p.at, p.data[:n]})
							name := fmt.Sprintf("before flush %d, %b of %v, %d bytes of %v", i, set, pending, n, p)
							if len(p.data) == shortHeader {
								name += ", torn"
							}
							if !yield(name, part.data) {
								return
							}
						}
					}
					m.apply(p)
				}
				if !yield(fmt.Sprintf("before flush %d, %b of %v", i, set, pending), m.data) {
					return
				}
			}
			for _, p := range pending {
				durable.apply(p)
			}
			pending = nil
		}
	}
}

// failing is a File whose n-th operation fails.
type failing struct {
	memory
	left int
}

var errDisk = errors.New("disk failed")

func (f *failing) fail() error {
	f.left--
	if f.left == 0 {
		return errDisk
	}
	return nil
}

func (f *failing) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fail(); err != nil {
		return 0, err
	}
	return f.memory.WriteAt(p, off)
}

func (f *failing) Truncate(size int64) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.memory.Truncate(size)
}

func (f *failing) Sync() error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.memory.Sync()
}

// Each operation of Finish fails once; Finish says so, and works the next time.
func TestFailureInFinish(t *testing.T) {
	data := small(t)
	for _, reserve := range []int64{16 << 10, 0} {
		var want []byte
		for n := 0; ; n++ {
			f := &failing{}
			w, err := NewWriter(f, Options{Reserve: reserve})
			if err != nil {
				t.Fatal(err)
			}
			feed(t, w, data)
			f.left = n
			_, err = w.Finish(Metadata{})
			if n == 0 {
				want = slices.Clone(f.data)
			}
			if f.left > 0 {
				if n < 6 {
					t.Errorf("only %d operations", n)
				}
				break
			}
			if n > 0 && !errors.Is(err, errDisk) {
				t.Errorf("operation %d: %v", n, err)
			}
			if _, err := w.Finish(Metadata{}); err != nil || !bytes.Equal(f.data, want) {
				t.Errorf("after operation %d: %v", n, err)
			}
		}
	}
}

// A full disk while recording keeps what was whole.
func TestFailureInWrite(t *testing.T) {
	data := small(t)
	full := &failing{}
	w, err := NewWriter(full, Options{Reserve: 16 << 10})
	if err != nil {
		t.Fatal(err)
	}
	full.left = 15
	if n, err := w.Write(data); !errors.Is(err, errDisk) || n == len(data) {
		t.Fatalf("Write: %d, %v", n, err)
	}
	if _, err := w.Write(data); !errors.Is(err, errDisk) {
		t.Errorf("the second Write: %v", err)
	}
	whole := w.Progress().Fragments
	if _, err := w.Finish(Metadata{}); err != nil || whole == 0 {
		t.Fatalf("Finish with %d fragments: %v", whole, err)
	}
	path := write(t, full.data)
	pictures(t, path) // decodes all of it
}

// A recording cut at any byte is recovered with every fragment that was whole.
func TestCutAnywhere(t *testing.T) {
	data := small(t)
	w, m := recordMemory(t, data, Options{Reserve: 4 << 10})
	fragments := w.Index().Fragments()
	if len(fragments) < 4 {
		t.Fatalf("only %d fragments", len(fragments))
	}
	decoded := map[int]bool{}
	for cut := range len(m.data) + 1 {
		whole := 0
		for whole < len(fragments) && fragments[whole].Offset+fragments[whole].Size <= int64(cut) {
			whole++
		}
		got, ix, err := recoverMemory(m.data[:cut])
		if whole == 0 {
			if !errors.Is(err, ErrNoMedia) && !errors.Is(err, ErrMalformed) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			continue
		}
		if err != nil || len(ix.Fragments()) != whole {
			t.Fatalf("cut at %d: %d fragments, want %d (%v)", cut, len(ix.Fragments()), whole, err)
		}
		if decoded[whole] {
			continue
		}
		decoded[whole] = true
		path := write(t, got)
		if v, a := packets(t, path, "v"), packets(t, path, "a"); len(v)+len(a) != ix.samples() {
			t.Errorf("cut at %d: %d packets, want %d", cut, len(v)+len(a), ix.samples())
		}
		pictures(t, path) // decodes all of it
	}
	if len(decoded) != len(fragments) {
		t.Errorf("%d outcomes, want %d", len(decoded), len(fragments))
	}
}

// A finished file whose end is lost is finished again, without the end.
func TestCutFinished(t *testing.T) {
	data := small(t)
	for _, reserve := range []int64{16 << 10, 0} {
		w, m := recordMemory(t, data, Options{Reserve: reserve, Metadata: Metadata{Title: "kept"}})
		if _, err := w.Finish(Metadata{}); err != nil {
			t.Fatal(err)
		}
		fragments := w.Index().Fragments()
		for i, f := range fragments[1:] {
			cut := f.Offset + f.Size/2
			got, ix, err := recoverMemory(m.data[:cut])
			if err != nil || len(ix.Fragments()) != i+1 {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			path := write(t, got)
			pictures(t, path) // decodes all of it
			if !bytes.Contains(got, []byte("kept")) {
				t.Error("the options are lost")
			}
		}
	}
}

func TestRecover(t *testing.T) {
	data := small(t)
	origin := -time.Second
	opt := Options{Reserve: 16 << 10, Timing: TimingAbsolute, Origin: &origin, Metadata: Metadata{Title: "A meeting"}}
	_, path := record(t, data[:len(data)-300], opt)
	if err := os.WriteFile(path+compactSuffix, []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	rec, err := Recover(t.Context(), path)
	if err != nil || rec.Already || rec.Copied || rec.Cut == 0 {
		t.Fatalf("%+v, %v", rec, err)
	}
	if _, err := os.Stat(path + compactSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the leftover of Compact: %v", err)
	}
	checkStart(t, path, "v", 1) // the options were kept in the file
	checkStart(t, path, "a", 1)
	if out := run(t, "ffprobe", "-v", "error", "-show_entries", "format_tags=title", "-of", "csv=p=0", path); string(out) != "A meeting\n" {
		t.Errorf("title %q", out)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Recover(t.Context(), path); err != nil || !again.Already || again.Info.Duration.Round(time.Millisecond) != rec.Duration.Round(time.Millisecond) {
		t.Errorf("again: %+v, %v", again, err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("Recover changed a finished file (%v)", err)
	}
}

// A fragmented file from elsewhere has no reserve and is copied.
func TestRecoverForeign(t *testing.T) {
	data := small(t)
	path := write(t, data[:len(data)-300])
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Recover(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := os.Stat(path + compactSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	rec, err := Recover(t.Context(), path)
	if err != nil || !rec.Copied || rec.Already {
		t.Fatalf("%+v, %v", rec, err)
	}
	if got := layout(t, path); got != "ftyp moov mdat" {
		t.Errorf("boxes: %s", got)
	}
	pictures(t, path) // decodes all of it
	if again, err := Recover(t.Context(), path); err != nil || !again.Already {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestRecoverNothing(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":   {nil, ErrMalformed},
		"text":    {[]byte("hello, this is no movie at all"), ErrMalformed},
		"no moof": {small(t)[:1300], ErrNoMedia},
	} {
		path := write(t, c.data)
		if _, err := Recover(t.Context(), path); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.data) {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
	}
	if _, err := Recover(t.Context(), t.TempDir()); err == nil {
		t.Error("recovered a folder")
	}
}

// An ordinary MP4 is left alone, and its tables are read.
func TestRecoverOrdinary(t *testing.T) {
	path := t.TempDir() + "/ordinary.mp4"
	run(t, "ffmpeg", "-v", "fatal", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=r=44100:d=2", "-bf", "2", "-c:v", "libx264", "-c:a", "aac", path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Recover(t.Context(), path)
	if err != nil || !rec.Already || len(rec.Info.Tracks) != 2 {
		t.Fatalf("%+v, %v", rec, err)
	}
	for _, track := range rec.Info.Tracks {
		kind := track.Kind[:1]
		if got := len(packets(t, path, kind)); got != track.Samples {
			t.Errorf("%s: %d samples, ffprobe says %d", track.Kind, track.Samples, got)
		}
		if (track.End - 2*time.Second).Abs() > 30*time.Millisecond {
			t.Errorf("%s ends at %v", track.Kind, track.End)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed (%v)", err)
	}
}
