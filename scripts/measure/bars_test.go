package main

import (
	"math"
	"strings"
	"testing"
)

func withCores(cores ...float64) []figures {
	var out []figures
	for _, c := range cores {
		f := none()
		f.cores = c
		out = append(out, f)
	}
	return out
}

// The machine is half as fast in the second round: what is compared stays
// within a round.
func TestRatiosAreTakenInARound(t *testing.T) {
	x11 := kind{engine: "x11", size: "720p", page: "timing"}
	rows := table{
		newRow(x11.alone(), withCores(0.4, 0.8, 0.4)),
		newRow(x11, withCores(0.58, 1.16, 0.58)),
		newRow(x11.baseline(), withCores(0.6, 1.2, 0.6)),
	}
	lines := strings.Join(againstPlainGrab()[0].judged(rows), "\n")
	if !strings.HasPrefix(lines, "holds ") || !strings.Contains(lines, "720p timing x11): 0.9,") {
		t.Error(lines)
	}
	lines = strings.Join(againstPlainGrab()[1].judged(rows), "\n")
	if !strings.HasPrefix(lines, "told ") || !strings.Contains(lines, ": 0.9667") {
		t.Error(lines)
	}
	// Without the baseline the bar is not held, it is unknown.
	lines = strings.Join(againstPlainGrab()[0].judged(rows[:2]), "\n")
	if !strings.HasPrefix(lines, "unknown ") {
		t.Error(lines)
	}
}

func TestVerdicts(t *testing.T) {
	b := bar{holds: atMost(3), idle: coresLeft}
	quiet, full := row{median: none()}, row{median: none()}
	full.median.idle = 0.02
	for _, tt := range []struct {
		row   row
		value float64
		want  string
	}{
		{quiet, 3, "holds"}, {quiet, 3.1, "FAILS"}, {quiet, math.NaN(), "unknown"}, {full, 9, "no matter, 0.02 cores left"},
	} {
		if got := b.verdict(tt.row, tt.value); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.value, got, tt.want)
		}
	}
}

func rung(fps int, distinct, freeze float64) row {
	k := governRow(false)
	k.fps = fps
	f := none()
	f.distinct, f.freeze = distinct, freeze
	return newRow(k, []figures{f})
}

func TestBestConstantRate(t *testing.T) {
	governed := rung(0, 9, 200)
	rows := table{governed, rung(8, 8, 150), rung(10, 10, 200), rung(12, 12, 900), rung(15, 7, 300)}
	if got := bestConstant(rows, governed); got != 10 {
		t.Errorf("best is %v: 12 freezes, 15 is not held", got)
	}
	if got := bestConstant(rows[:2], governed); got != 9 {
		t.Errorf("best is %v: what the governor held counts too", got)
	}
}

func TestPointlessRungs(t *testing.T) {
	k := func(fps int) kind { return rung(fps, 0, 0).kind }
	held := table{rung(0, 29.8, 67)}
	if !pointless(k(12), held) || pointless(k(0), held) {
		t.Error("a governor that lost nothing leaves nothing to look for")
	}
	slow := table{rung(0, 12, 200)}
	if !pointless(k(8), slow) || pointless(k(10), slow) || pointless(k(24), slow) {
		t.Error("rates below what was held are not looked for")
	}
	slow = append(slow, rung(12, 8, 200), rung(15, 7, 200))
	if !pointless(k(20), slow) {
		t.Error("two rates that were not held are enough")
	}
	if pointless(k(8), nil) {
		t.Error("what is asked for by itself is measured")
	}
	other := kind{engine: "x11", fps: 8}
	if pointless(other, slow) {
		t.Error("only the rungs are left out")
	}
}

func TestGroups(t *testing.T) {
	seen := map[string]bool{}
	for _, g := range groups() {
		grab := false
		for _, k := range g.kinds {
			if seen[k.name()] {
				t.Errorf("%s is there twice", k.name())
			}
			seen[k.name()] = true
			if grab = grab || k.engine == "ffmpeg"; grab && k.engine == "x11" {
				t.Errorf("%s comes after the baseline that takes its preset", k.name())
			}
		}
	}
	for _, b := range bars() {
		about := 0
		for _, of := range [][]group{groups(), longGroups(), driftGroups(1800e9, false)} {
			for _, g := range of {
				for _, k := range g.kinds {
					if b.rows(k) {
						about++
					}
				}
			}
		}
		if about == 0 {
			t.Errorf("the bar %q is about no row", b.what)
		}
	}
	usual := options{}.groups()
	if all := (options{only: " "}).groups(); len(all) <= len(usual) {
		t.Errorf("%d groups in all, %d in the usual run", len(all), len(usual))
	}
	if one := (options{only: "room-sixteen"}).groups(); len(one) != 1 || len(one[0].kinds) != 2 {
		t.Errorf("got %+v", one)
	}
}
