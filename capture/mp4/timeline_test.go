package mp4

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// entry returns a sample entry of a type, with a sampling rate.
func entry(typ string, rate uint32, boxes func(*builder)) []byte {
	var w builder
	w.box(typ, func() {
		w.zero(8 + 16)
		w.u32(rate << 16)
		if boxes != nil {
			boxes(&w)
		}
	})
	return w.b
}

func testTrack(handler, codec string, timescale uint32, first int64, samples ...sample) *track {
	t := &track{box: trackBox{handler: handler, timescale: timescale, entries: [][]byte{entry(codec, timescale, nil)}}}
	dts := first
	for _, s := range samples {
		s.size, s.sync = 1, true
		t.append(s, dts, dts, 1)
		dts += int64(s.duration)
	}
	return t
}

func repeat(n int, s sample) []sample {
	all := make([]sample, n)
	for i := range all {
		all[i] = s
	}
	return all
}

func TestPlan(t *testing.T) {
	aac := sample{duration: 1024}
	second := time.Second
	for _, c := range []struct {
		name     string
		settings settings
		tracks   []*track
		want     [][]edit // movie timescale: that of the sound, 48000
	}{
		{
			name: "together, priming before zero",
			tracks: []*track{
				testTrack("vide", "avc1", 90000, 0, repeat(30, sample{duration: 3000})...),
				testTrack("soun", "mp4a", 48000, -1024, repeat(48, aac)...),
			},
			want: [][]edit{{{48000, 0}}, {{47 * 1024, 1024}}},
		},
		{
			name: "negative composition offsets",
			tracks: []*track{
				testTrack("vide", "avc1", 90000, 6000,
					sample{duration: 3000}, sample{duration: 3000, offset: 6000}, sample{duration: 3000, offset: -3000}, sample{duration: 3000, offset: -3000}),
			},
			want: [][]edit{{{12000, 3000}}},
		},
		{
			name: "sound later, hours since boot",
			tracks: []*track{
				testTrack("vide", "avc1", 90000, 90000*1e6, repeat(30, sample{duration: 3000})...),
				testTrack("soun", "mp4a", 48000, 48000*1e6+24000-1024, repeat(3, aac)...),
			},
			want: [][]edit{{{48000, 0}}, {{24000, -1}, {2 * 1024, 1024}}},
		},
		{
			name:     "zeroed",
			settings: settings{Timing: TimingZeroed},
			tracks: []*track{
				testTrack("vide", "avc1", 90000, 0, repeat(30, sample{duration: 3000})...),
				testTrack("soun", "mp4a", 48000, 0, repeat(48, aac)...),
			},
			want: [][]edit{{{48000, 0}}, {{47 * 1024, 1024}}},
		},
		{
			name: "first packet stretched",
			tracks: []*track{
				testTrack("vide", "avc1", 90000, 0, repeat(30, sample{duration: 3000})...),
				testTrack("soun", "mp4a", 48000, 0, sample{duration: 1024 + 480}, aac, aac),
			},
			want: [][]edit{{{48000, 0}}, {{1504, -1}, {2 * 1024, 1024}}},
		},
		{
			name:     "other priming, origin given",
			settings: settings{Priming: 480, Origin: &second},
			tracks:   []*track{testTrack("soun", "mp4a", 48000, 47000, repeat(3, aac)...)},
			// 47000 + 480 is before 48000: another 520 samples are cut off.
			want: [][]edit{{{3*1024 - 1000, 1000}}},
		},
		{
			name:     "no priming",
			settings: settings{Priming: -1},
			tracks:   []*track{testTrack("soun", "mp4a", 48000, 0, repeat(3, aac)...)},
			want:     [][]edit{{{3 * 1024, 0}}},
		},
		{
			name:   "all of it priming",
			tracks: []*track{testTrack("soun", "mp4a", 48000, 0, aac)},
			want:   [][]edit{{{1024, 0}}},
		},
		{
			name:     "over before the origin",
			settings: settings{Origin: &second},
			tracks:   []*track{testTrack("vide", "avc1", 1000, 0, repeat(3, sample{duration: 100})...)},
			want:     [][]edit{{{1, 299}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			ix := &Index{settings: c.settings}
			plans, _ := ix.plan(c.tracks)
			again, _ := ix.plan(c.tracks)
			var got [][]edit
			for i, p := range plans {
				got = append(got, p.edits)
				if diff := cmp.Diff(p.edits, again[i].edits, cmp.AllowUnexported(edit{})); diff != "" {
					t.Error("planned twice:", diff)
				}
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(edit{})); diff != "" {
				t.Errorf("edits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMovieTimescale(t *testing.T) {
	picture := func(scale uint32) *track {
		return &track{box: trackBox{handler: "vide", timescale: scale, entries: [][]byte{entry("avc1", 0, nil)}}}
	}
	sound := func(scale, rate uint32) *track {
		return &track{box: trackBox{handler: "soun", timescale: scale, entries: [][]byte{entry("mp4a", rate, nil)}}}
	}
	for _, c := range []struct {
		tracks []*track
		want   uint32
	}{
		{[]*track{picture(30000), sound(48000, 48000)}, 48000},
		{[]*track{picture(90000), sound(48000, 48000)}, 48000},
		{[]*track{sound(44100, 44100)}, 44100},
		{[]*track{picture(29000)}, 29000},
		{[]*track{picture(90000), sound(1000, 48000)}, 90000},
		{[]*track{picture(4294967291)}, 4294967291},
	} {
		if got := movieTimescale(c.tracks); got != c.want {
			t.Errorf("got %d, want %d", got, c.want)
		}
	}
	// A day's edits fit 32 bits.
	if day := uint64(24*time.Hour/time.Second) * 48000; day > math.MaxUint32 {
		t.Errorf("%d ticks", day)
	}
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		ticks    int64
		from, to uint32
		up       bool
		want     int64
	}{
		{1, 3, 1, false, 0},
		{2, 3, 1, false, 1},
		{1, 3, 1, true, 1},
		{-2, 3, 1, false, -1},
		{1 << 60, 1, 1, true, 1 << 60},
		{1 << 60, 1, math.MaxUint32, false, math.MaxInt64 / 4},
		{48000 * 1e6, 48000, 720000, false, 720000 * 1e6},
	} {
		if got := scale(c.ticks, c.from, c.to, c.up); got != c.want {
			t.Errorf("scale(%d, %d, %d, %v) = %d, want %d", c.ticks, c.from, c.to, c.up, got, c.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		ticks     int64
		timescale uint32
		want      time.Duration
	}{
		{48000, 48000, time.Second},
		{-1024, 48000, -21333333},
		{90000 * 1e6, 90000, 1e6 * time.Second},
		{512, 15360, 33333333},
	} {
		if got := ticksToTime(c.ticks, c.timescale); got != c.want {
			t.Errorf("ticksToTime(%d, %d) = %v, want %v", c.ticks, c.timescale, got, c.want)
		}
		if got := timeToTicks(c.want, c.timescale); got != c.ticks {
			t.Errorf("timeToTicks(%v, %d) = %d, want %d", c.want, c.timescale, got, c.ticks)
		}
	}
	// What no duration can hold becomes the largest, not its opposite.
	for _, ticks := range []int64{maxTime, -maxTime} {
		if got := ticksToTime(ticks, 1); (got > 0) != (ticks > 0) {
			t.Errorf("ticksToTime(%d, 1) = %v", ticks, got)
		}
	}
}

func TestPriming(t *testing.T) {
	opus := entry("Opus", 48000, func(w *builder) {
		w.box("dOps", func() {
			w.u8(0)
			w.u8(2)
			w.u16(312)
			w.u32(48000)
			w.zero(3)
		})
	})
	for _, c := range []struct {
		entry []byte
		want  uint32
	}{
		{entry("mp4a", 48000, nil), 1024},
		{opus, 312},
		{entry("Opus", 48000, nil), 0},
		{opus[:20], 0},
		{entry("ac-3", 48000, nil), 0},
	} {
		if got := priming(c.entry); got != c.want {
			t.Errorf("%q: %d, want %d", c.entry[4:8], got, c.want)
		}
	}
	if got := audioRate(opus); got != 48000 {
		t.Errorf("rate %d", got)
	}
	if got := audioRate(opus[:20]); got != 0 {
		t.Errorf("rate %d of a short entry", got)
	}
}
