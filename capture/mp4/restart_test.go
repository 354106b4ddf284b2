package mp4

import (
	"bytes"
	"errors"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const absolute = "+default_base_moof+negative_cts_offsets+frag_discont"

// from encodes four seconds whose times begin at a number of seconds.
func from(t *testing.T, seconds string, args ...string) []byte {
	t.Helper()
	return encode(t, absolute, join([]string{"-copyts"}, at(seconds, picture), at(seconds, tone), []string{"-bf", "0"}, args)...)
}

// A second encoder takes over where the first one died in the middle of a
// fragment.
func TestRestart(t *testing.T) {
	first := from(t, "100")
	died := first[:len(first)-3000]
	for _, c := range []struct {
		name   string
		second []byte
		at     time.Duration
		want   float64 // where the second encoder's first picture is shown
		skips  bool
	}{
		{name: "times go on", second: from(t, "110"), at: Continue, want: 10},
		{name: "times start again", second: from(t, "0"), at: Continue, want: 3},
		{name: "times are given", second: from(t, "0"), at: 120 * time.Second, want: 20},
		{name: "times overlap", second: from(t, "101.6"), at: Continue, want: 3, skips: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, path := record(t, died, Options{Reserve: 64 << 10, Timing: TimingAbsolute})
			before := w.Index().Info()
			if before.Tracks[0].Samples != 90 {
				t.Fatalf("%d pictures before", before.Tracks[0].Samples)
			}
			if err := w.Restart(c.at); err != nil {
				t.Fatal(err)
			}
			feed(t, w, c.second)
			info := w.Index().Info()
			if info.Encoders != 1 {
				t.Errorf("%d initialisation segments kept", info.Encoders)
			}
			// The fragments on the disk have the one timeline already.
			raw := packets(t, path, "v")
			if got := raw[90].PTS - raw[0].PTS; !c.skips && math.Abs(got-c.want) > 0.04 {
				t.Errorf("while recording: second encoder at %f, want %f", got, c.want)
			}
			if _, err := w.Finish(Metadata{}); err != nil {
				t.Fatal(err)
			}
			all := packets(t, path, "v")
			// Where times start again, they do behind the end of the sound.
			if got := all[90].PTS; math.Abs(got-c.want) > 0.04 || all[0].PTS != 0 {
				t.Errorf("second encoder at %f, want %f", got, c.want)
			}
			if c.skips != (info.Tracks[0].Skipped > 0) || !c.skips && len(all) != 90+120 {
				t.Errorf("%d pictures, %+v", len(all), info)
			}
			if !slices.IsSortedFunc(all, func(a, b packet) int {
				if a.PTS < b.PTS {
					return -1
				}
				return 1
			}) {
				t.Error("pictures out of order")
			}
			a := packets(t, path, "a")
			i := slices.IndexFunc(a, func(p packet) bool { return p.PTS > all[90].PTS-0.025 })
			if d := a[i].PTS - all[90].PTS; math.Abs(d) > 0.025 {
				t.Errorf("the second encoder's sound begins %f after its picture", d)
			}
			if got := pictures(t, path); len(got) != len(all) {
				t.Errorf("%d pictures decode, want %d", len(got), len(all))
			}
			if !c.skips {
				checkScan(t, w.Index(), path)
			}
		})
	}
}

// An encoder that is told to end goes on for some pictures: where the next one
// begins before them, they give way, and nothing of the next is lost.
func TestRestartReplaces(t *testing.T) {
	for _, extra := range [][]string{nil, {"-bf", "2"}} {
		w, path := record(t, from(t, "100", extra...), Options{Reserve: 64 << 10, Timing: TimingAbsolute})
		had := w.Index().Info().Tracks[0].Samples
		if err := w.Restart(103600 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		feed(t, w, from(t, "0", extra...))
		info := w.Index().Info().Tracks[0]
		if info.Skipped < 10 || info.Skipped > 14 || info.Samples != had-info.Skipped+120 {
			t.Errorf("%d pictures, %d left out, of %d and 120", info.Samples, info.Skipped, had)
		}
		// A crash now: the same is read back from the fragments.
		copied, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Scan(bytes.NewReader(copied), int64(len(copied)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w.Index().Info(), back.Info()); diff != "" {
			t.Errorf("info read back (-want +got):\n%s", diff)
		}
		if _, err := w.Finish(Metadata{}); err != nil {
			t.Fatal(err)
		}
		if got := pictures(t, path); len(got) != info.Samples {
			t.Errorf("%d pictures decode, want %d", len(got), info.Samples)
		}
		if d := w.Index().Info().Duration.Seconds(); math.Abs(d-7.6) > 0.15 {
			t.Errorf("lasts %v", d)
		}
		for _, p := range packets(t, path, "v") {
			if p.PTS < -0.001 {
				t.Errorf("a picture at %v", p.PTS)
			}
		}
	}
}

// Without a call of Restart, an encoder that ended properly can be followed.
func TestRestartUnannounced(t *testing.T) {
	w, path := record(t, slices.Concat(from(t, "5"), from(t, "5")), Options{Reserve: 64 << 10, Timing: TimingAbsolute})
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	if got := len(pictures(t, path)); got != 240 {
		t.Errorf("%d pictures", got)
	}
	if d := w.Index().Info().Duration; d < 8*time.Second || d > 8100*time.Millisecond {
		t.Errorf("lasts %v", d)
	}
}

// An encoder with other parameters brings a second sample entry, in the
// fragmented file a second initialisation segment.
func TestRestartOtherParameters(t *testing.T) {
	w, path := record(t, from(t, "100"), Options{Reserve: 64 << 10, Timing: TimingAbsolute})
	if err := w.Restart(Continue); err != nil {
		t.Fatal(err)
	}
	feed(t, w, from(t, "104", "-profile:v", "high", "-x264-params", "cabac=1:8x8dct=1:ref=2"))
	inits := w.Index().Inits()
	if len(inits) != 2 {
		t.Fatalf("%d initialisation segments", len(inits))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// What a crash would leave now.
	crashed := write(t, data)
	if _, err := Recover(t.Context(), crashed); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, crashed} {
		if got := len(pictures(t, p)); got != 240 {
			t.Errorf("%d pictures decode", got)
		}
	}
	segments := w.Index().Segments()
	if first, last := segments[0], segments[len(segments)-1]; first.Init != 0 || last.Init != 1 || len(w.Index().Inits()) != 2 {
		t.Errorf("segments %+v", segments)
	}
}

// What can't be in one file is refused, and what was recorded stays.
func TestRestartIncompatible(t *testing.T) {
	for name, second := range map[string][]byte{
		"one track":       encode(t, absolute, tone...),
		"other timescale": from(t, "110", "-video_track_timescale", "90000"),
	} {
		w, path := record(t, from(t, "100"), Options{Reserve: 64 << 10})
		if err := w.Restart(Continue); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(second); !errors.Is(err, ErrIncompatible) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.Finish(Metadata{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := len(pictures(t, path)); got != 120 {
			t.Errorf("%s: %d pictures", name, got)
		}
	}
}

// A pause, a jump in the times of one encoder, stays as long as it was.
func TestPause(t *testing.T) {
	data := encode(t, absolute, join([]string{"-copyts"}, at("50", picture), at("50", tone),
		[]string{"-vf", "select='lt(t,51)+gte(t,53)'", "-af", "aselect='lt(t,51)+gte(t,53)'", "-fps_mode", "vfr", "-bf", "0"})...)
	original := write(t, data)
	w, path := record(t, data, Options{Reserve: 64 << 10})
	if _, err := w.Finish(Metadata{}); err != nil {
		t.Fatal(err)
	}
	checkSame(t, original, path)
	for _, track := range w.Index().Info().Tracks {
		if (track.Longest-2*time.Second).Abs() > 60*time.Millisecond || (track.LongestAt-time.Second).Abs() > 60*time.Millisecond {
			t.Errorf("%s: the pause is %v at %v", track.Kind, track.Longest, track.LongestAt)
		}
	}
}
