package layout_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"beam/layout"
)

func TestParseStats(t *testing.T) {
	s, err := layout.ParseStats([]byte(`{"origin": 1700000000000.5, "at": 1234.5, "tapped": true, "unseen": 2,
		"videos": [{"id": "7", "presented": 30, "dropped": 2}],
		"receivers": [{"id": "1.a", "audio": true, "pair": 3, "playing": null, "delay": 0.5, "emitted": 960, "samples": 48000, "duration": 1, "concealed": 5, "silent": 4}],
		"playouts": [{"id": "2", "synthesized": 0.1, "delay": 3, "samples": 100}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := layout.Stats{
		Page: 1700000000000.5, At: 1234.5, Tapped: true, Unseen: 2,
		Videos:    []layout.VideoStats{{ID: "7", Presented: 30, Dropped: 2}},
		Receivers: []layout.ReceiverStats{{ID: "1.a", Audio: true, Pair: 3, Delay: 0.5, Emitted: 960, Samples: 48000, Duration: 1, Concealed: 5, Silent: 4}},
		Playouts:  []layout.PlayoutStats{{ID: "2", Synthesized: 0.1, Delay: 3, Samples: 100}},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v", s)
	}
}

func TestParseStatsOfHostilePages(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": ``, "null": `null`, "a list": `[]`, "a text": `"ok"`, "no number": `{"at": NaN}`, "a text for a number": `{"at": "5"}`,
		"infinity": `{"at": 1e999}`, "half a pair": `{"receivers": [{"pair": 0.5}]}`, "an object for a list": `{"videos": {}}`,
		"too long": `{"at": 1, "x": "` + strings.Repeat("a", 2<<20) + `"}`,
	} {
		if s, err := layout.ParseStats([]byte(text)); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	s, err := layout.ParseStats([]byte(`{"at": -5, "origin": 1e300, "unseen": 1e300, "videos": [` + strings.Repeat(`{"presented": -1e300, "dropped": 1e300},`, 5000) + `{}],
		"receivers": [{"id": "` + strings.Repeat("é", 900) + `", "pair": -3, "delay": -1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if s.At != 0 || s.Page != 1e15 || s.Unseen != 1000 || len(s.Videos) != 100 || s.Videos[0] != (layout.VideoStats{Dropped: 1e15}) {
		t.Errorf("%v %v %d %d", s.At, s.Page, s.Unseen, len(s.Videos))
	}
	if r := s.Receivers[0]; len(r.ID) > 80 || r.Pair != 0 || r.Delay != 0 {
		t.Errorf("%+v", r)
	}
}

// receiver makes the counters of a track that has flowed for some seconds, 48,000
// samples or frames in each, of which each was delay seconds in the buffer.
func receiver(id string, audio bool, pair int, seconds, delay, playing float64) layout.ReceiverStats {
	n := 48000 * seconds
	return layout.ReceiverStats{ID: id, Audio: audio, Pair: pair, Playing: playing, Delay: delay * n, Emitted: n, Samples: n, Duration: seconds}
}

func TestSince(t *testing.T) {
	now := layout.Stats{Page: 9, At: 5000, Tapped: true, Unseen: 1}
	before := layout.Stats{Page: 9, At: 3000, Tapped: true}

	before.Videos = []layout.VideoStats{{ID: "a", Presented: 100, Dropped: 5}, {ID: "b", Presented: 1000, Dropped: 0}, {ID: "d", Presented: 90}}
	now.Videos = []layout.VideoStats{
		{ID: "a", Presented: 150, Dropped: 8}, {ID: "b", Presented: 1020, Dropped: 9},
		{ID: "c", Presented: 900}, // came meanwhile
		{ID: "d", Presented: 3},   // began anew
	}
	before.Receivers = []layout.ReceiverStats{
		receiver("a1", true, 1, 10, 0.02, 0), receiver("v1", false, 1, 10, 0.02, 0),
		receiver("a2", true, 2, 10, 0.02, 0), receiver("v2", false, 2, 10, 0.02, 0),
		receiver("a3", true, 3, 10, 0.02, 0), receiver("v3", false, 3, 10, 0.02, 0),
		receiver("a4", true, 4, 10, 0.02, 0), receiver("v4", false, 4, 10, 0.02, 0),
		receiver("loose", true, 0, 10, 0.02, 0),
	}
	now.Receivers = []layout.ReceiverStats{
		receiver("a1", true, 1, 12, 0.02, 77_000), receiver("v1", false, 1, 12, 0.02, 77_300), // 300 ms late
		receiver("a2", true, 2, 12, 0.02, 80_050), receiver("v2", false, 2, 12, 0.02, 80_000), // 50 ms early
		receiver("a3", true, 3, 12, 0.12, 0), receiver("v3", false, 3, 12, 0.02, 0), // by the buffers
		receiver("a4", true, 4, 10, 0.02, 1), receiver("v4", false, 4, 12, 0.02, 900_000), // stands still
		receiver("loose", true, 0, 12, 0.02, 5),
	}
	now.Receivers[4].Concealed, now.Receivers[4].Silent = 48000, 24000
	before.Playouts = []layout.PlayoutStats{{ID: "1", Synthesized: 1, Delay: 100, Samples: 1000}}
	now.Playouts = []layout.PlayoutStats{{ID: "1", Synthesized: 1.25, Delay: 130, Samples: 2000}, {ID: "2", Synthesized: 50}}

	got := now.Since(before)
	// Of a3: 12 s at 120 ms less 10 s at 20 ms are 620 ms a sample in these 2 s.
	want := layout.Interval{
		Length: 2 * time.Second, Tapped: true, Videos: 4, Unseen: 1, Presented: 50, Dropped: 3, FPS: 25,
		People: 3, Synced: 2, WorstSkew: 630 * time.Millisecond, MedianSkew: 300 * time.Millisecond,
		AudioBuffer: 620 * time.Millisecond, VideoBuffer: 20 * time.Millisecond, Playout: 30 * time.Millisecond,
		Synthesized: 250 * time.Millisecond, Concealed: 500 * time.Millisecond,
	}
	for _, d := range []*time.Duration{&got.WorstSkew, &got.MedianSkew, &got.AudioBuffer, &got.VideoBuffer, &got.Playout, &got.Synthesized, &got.Concealed} {
		*d = d.Round(time.Millisecond)
	}
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	// Another page, or no time in between: only what is there now.
	for _, other := range []layout.Stats{{}, {Page: 8, At: 3000}, now, {Page: 9, At: 9000}} {
		if got := now.Since(other); got != (layout.Interval{Tapped: true, Videos: 4, Unseen: 1}) {
			t.Errorf("since %v %v: %+v", other.Page, other.At, got)
		}
	}
}

// Early audio is as bad as late audio; clocks that are none of one sender count not.
func TestSkew(t *testing.T) {
	for _, c := range []struct {
		late          []float64 // ms, of each person
		worst, median time.Duration
		people        int
	}{
		{nil, 0, 0, 0},
		{[]float64{-80}, -80, -80, 1},
		{[]float64{40, -80}, -80, -20, 2},
		{[]float64{40, 80, 10}, 80, 40, 3},
		{[]float64{1e9, 7}, 7, 7, 1},
	} {
		before, now := layout.Stats{At: 1}, layout.Stats{At: 1001}
		for i, late := range c.late {
			id := string(rune('a' + i))
			before.Receivers = append(before.Receivers, receiver("a"+id, true, i+1, 1, 0, 0), receiver("v"+id, false, i+1, 1, 0, 0))
			now.Receivers = append(now.Receivers, receiver("a"+id, true, i+1, 2, 0, 1e12), receiver("v"+id, false, i+1, 2, 0, 1e12+late))
		}
		got := now.Since(before)
		if got.WorstSkew != c.worst*time.Millisecond || got.MedianSkew != c.median*time.Millisecond || got.People != c.people || got.Synced != c.people {
			t.Errorf("%v: %+v", c.late, got)
		}
	}
}

// Whatever two pages answer, an interval is within its bounds.
func FuzzStats(f *testing.F) {
	f.Add([]byte(`null`), []byte(`{"at": 1}`))
	f.Add([]byte(`{"origin": 1, "at": 1000, "videos": [{"id": "1", "presented": 5, "dropped": 1}]}`), []byte(`{"origin": 1, "at": 1000.0000001, "videos": [{"id": "1", "presented": 1e300}]}`))
	f.Add([]byte(`{"origin": 1, "at": 0, "receivers": [{"id": "a", "audio": true, "pair": 1}, {"id": "v", "pair": 1}], "playouts": [{}]}`),
		[]byte(`{"origin": 1, "at": 1e99, "receivers": [{"id": "a", "audio": true, "pair": 1, "delay": 1e99, "emitted": 1, "concealed": 9, "samples": 1e-300, "duration": 9}, {"id": "v", "pair": 1, "emitted": 1, "playing": 5}], "playouts": [{"delay": 1e99, "samples": 1e-99, "synthesized": 1e99}]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		before, err := layout.ParseStats(first)
		if err != nil {
			return
		}
		now, err := layout.ParseStats(second)
		if err != nil {
			return
		}
		i := now.Since(before)
		for what, n := range map[string]time.Duration{"length": i.Length, "synthesized": i.Synthesized, "concealed": i.Concealed} {
			if n < 0 || n > i.Length {
				t.Errorf("%s %v", what, n)
			}
		}
		for what, n := range map[string]time.Duration{"audio": i.AudioBuffer, "video": i.VideoBuffer, "playout": i.Playout} {
			if n < 0 || n > 10*time.Second {
				t.Errorf("%s %v", what, n)
			}
		}
		if max(i.WorstSkew.Abs(), i.MedianSkew.Abs()) > 60*time.Second {
			t.Errorf("skew %v, %v", i.WorstSkew, i.MedianSkew)
		}
		if math.IsNaN(i.FPS) || i.FPS < 0 || i.FPS > 1001 || i.Presented < 0 || i.Dropped < 0 || i.Videos > 100 || i.Unseen > 1000 {
			t.Errorf("%+v", i)
		}
		if _, err := json.Marshal(i); err != nil {
			t.Error(err)
		}
	})
}

// The expression is one, and asks the script where that is.
func TestStatsExpression(t *testing.T) {
	e := layout.StatsExpression()
	if !strings.HasPrefix(e, "(() => {") || !strings.Contains(e, "({ do: 'stats' })") || !strings.HasSuffix(e, "})()") {
		t.Errorf("%.200s", e)
	}
}
