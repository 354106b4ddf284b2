package main

import (
	"context"
	"math"
	"os"
	"slices"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == burnArgument {
		burn()
	}
	os.Exit(m.Run())
}

func TestParseStat(t *testing.T) {
	p, ok := parseStat("71 (a (b) c) S 7 71 71 0 -1 4194560 900 5 0 0 11 22 33 44 20 0 1 0 100 1 1")
	if want := (process{parent: 7, name: "a (b) c", ticks: 110}); !ok || p != want {
		t.Errorf("got %+v, %v", p, ok)
	}
	for _, text := range []string{"", "71 (a", "71 (a) S 7 71", "71 (a) S x 71 71 0 -1 4194560 900 5 0 0 11 22 33 44"} {
		if p, ok := parseStat(text); ok {
			t.Errorf("%q: %+v", text, p)
		}
	}
}

func TestParseMachine(t *testing.T) {
	if got, want := parseMachine("cpu  1 2 4 1000 2000 8 16 32 0 0\ncpu0 1 1 1 1 1 1 1 1\n"), (machineTicks{busy: 31, steal: 32}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := parseMachine("intr 1 2 3"); got != (machineTicks{}) {
		t.Errorf("got %+v", got)
	}
}

func TestTrees(t *testing.T) {
	all := map[int]process{1: {}, 2: {parent: 1}, 3: {parent: 2}, 4: {parent: 2}, 5: {parent: 1}, 6: {parent: 5}}
	got := trees(all, []int{2, 6, 99})
	slices.Sort(got)
	if want := []int{2, 3, 4, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Ten seconds of one sample a second: what lies outside the recording does not
// count, and a program of others is told from the neighbour that belongs to us.
func TestUsage(t *testing.T) {
	start := time.Now()
	var samples []sample
	for i := range uint64(11) {
		s := sample{at: start.Add(time.Duration(i) * time.Second), programs: map[string]uint64{"chrome": 50 * i, "ffmpeg": 20 * i}}
		s.own, s.machine = 100*i, machineTicks{busy: 130 * i, steal: 5 * i}
		s.memory = 100
		if i >= 7 {
			s.memory = 112
		}
		if i == 0 {
			s.programs["ffmpeg"] = 0
			s.memory = 500 // before the recording
		}
		samples = append(samples, s)
	}
	f := none()
	usage(samples, start.Add(time.Second), start.Add(10*time.Second), &f)
	for what, got := range map[string][2]float64{
		"cores": {f.cores, 0.7}, "chrome": {f.programs["chrome"], 0.5}, "others": {f.others, 0.3}, "steal": {f.steal, 0.05}, "growth": {f.growth, 12},
	} {
		if math.Abs(got[0]-got[1]) > 1e-9 || math.IsNaN(got[0]) {
			t.Errorf("%s = %v, want %v", what, got[0], got[1])
		}
	}
	f = none()
	usage(samples[:1], start, start.Add(time.Second), &f)
	if !math.IsNaN(f.cores) {
		t.Errorf("%v cores from one sample", f.cores)
	}
}

func TestWatchCountsATree(t *testing.T) {
	samples := startWatch(os.Getpid()).end()
	if len(samples) == 0 || len(samples[0].programs) == 0 {
		t.Errorf("samples %+v", samples)
	}
}

// The neighbour is there until it is told to end.
func TestBusyNeighbour(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	below := func() int { return len(trees(processes(), []int{os.Getpid()})) }
	before := below()
	end, err := startBurning(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := below(); got != before+1 {
		t.Errorf("%d processes, not %d", got, before+1)
	}
	end()
	if got := below(); got != before {
		t.Errorf("%d processes are left, not %d", got, before)
	}
}
