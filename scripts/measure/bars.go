package main

import "math"

// bars lists the design's quality bars. Ratios come first: machines differ.
func bars() []bar {
	out := againstPlainGrab()
	out = append(out, cost()...)
	out = append(out, wholeness()...)
	out = append(out, governor()...)
	return append(out, endurance()...)
}

// againstPlainGrab compares x11 with ffmpeg's own grab, round by round. What is
// compared is all but the page: all that ran, less what the same page took in
// the same window without a recording in that round.
func againstPlainGrab() []bar {
	rows := func(k kind) bool { return k.plain() && k.engine == "x11" && k.page == "timing" }
	ratio := func(pick func(own, alone figures) float64) func(table, row) []float64 {
		return func(t table, r row) []float64 {
			return []float64{t.rounds(r, r.kind.baseline(), func(own, alone, grab figures) float64 {
				return pick(own, alone) / pick(grab, alone)
			})}
		}
	}
	return []bar{
		{what: "x11 / plain grab, same preset, capture and encoding: cores", rows: rows, bound: "<= 0.95", holds: atMost(0.95),
			value: ratio(func(own, alone figures) float64 { return own.cores - alone.cores })},
		{what: "x11 / plain grab, same preset, the page too: cores", rows: rows,
			value: ratio(func(own, _ figures) float64 { return own.cores })},
		{what: "x11 / plain grab: longest freeze", rows: rows, bound: "<= 1", holds: atMost(1),
			value: ratio(func(own, _ figures) float64 { return own.freeze })},
		// A recording of 12 s tells distinct frames to one in 360.
		{what: "x11 / plain grab: distinct frames", rows: rows, bound: ">= 1, to a frame of 360", holds: atLeast(1 - 1.0/360),
			value: ratio(func(own, _ figures) float64 { return own.distinct })},
	}
}

func of(pick func(figures) float64) func(table, row) []float64 {
	return func(_ table, r row) []float64 { return []float64{pick(r.median)} }
}

// each takes the value of every recording, not their median.
func each(pick func(figures) float64) func(table, row) []float64 {
	return func(_ table, r row) (out []float64) {
		for _, f := range r.all {
			out = append(out, pick(f))
		}
		return out
	}
}

// undisturbed tells rows of Beam to which everything was left.
func undisturbed(k kind) bool { return k.ours() && !k.busy && !k.noXvfb }

// cost lists the bars of what a recording takes.
func cost() []bar {
	overPage := func(t table, r row) []float64 { return []float64{t.overPage(r)} }
	return []bar{
		{what: "static page: cores over the page alone", bound: "<= 0.1", holds: atMost(0.1), value: overPage,
			rows: func(k kind) bool { return undisturbed(k) && k.page == "still" }},
		{what: "memory of beam and ffmpeg, MB", bound: "<= 200", holds: atMost(200), rows: kind.ours,
			value: of(func(f figures) float64 { return f.memory })},
		{what: "command to first frame, s", bound: "<= 3", holds: atMost(3), rows: undisturbed,
			value: of(func(f figures) float64 { return f.first })},
		{what: "stop to finished file, s", bound: "<= 1", holds: atMost(1),
			rows:  func(k kind) bool { return undisturbed(k) && !k.upload },
			value: of(func(f figures) float64 { return f.finish })},
		{what: "stop to the object confirmed, s", bound: "<= 2", holds: atMost(2),
			rows:  func(k kind) bool { return undisturbed(k) && k.upload },
			value: of(func(f figures) float64 { return f.finish })},
	}
}

// coresLeft is from how many idle cores on cores count as left.
const coresLeft = 0.1

// wholeness lists the bars of what is in a recording.
func wholeness() []bar {
	room := func(k kind) bool { return k.page == "room-calm" || k.page == "room-busy" }
	return []bar{
		{what: "demo recording: exit code", bound: "0", holds: within(0, 0), rows: func(k kind) bool { return k.page == "demo" && !k.busy },
			value: each(func(f figures) float64 { return f.exit })},
		{what: "demo recording: distinct frames a second", bound: ">= 29", holds: atLeast(29), rows: func(k kind) bool { return k.page == "demo" && !k.busy },
			value: each(func(f figures) float64 { return f.distinct })},
		{what: "frames in the file of those that the page painted", bound: ">= 0.99 where cores are left", holds: atLeast(0.99), idle: coresLeft,
			rows:  func(k kind) bool { return undisturbed(k) && (k.page == "timing" || room(k)) },
			value: of(func(f figures) float64 { return f.painted })},
		{what: "frames in the file of those that a participant sent", bound: ">= 0.99 where cores are left", holds: atLeast(0.99), idle: coresLeft,
			rows:  func(k kind) bool { return undisturbed(k) && room(k) },
			value: of(func(f figures) float64 { return f.kept })},
		{what: "sound kept", bound: "1", holds: atLeast(0.9995), rows: func(k kind) bool { return k.ours() && !k.busy && k.page != "still" && k.page != "demo" },
			value: of(func(f figures) float64 { return f.sound })},
		{what: "lip sync of each recording, ms", bound: "-20 to 40", holds: within(-20, 40), rows: func(k kind) bool { return undisturbed(k) && k.page == "lipsync" },
			value: each(func(f figures) float64 { return f.lipSync })},
		{what: "steadiness of the offset, ms", bound: "<= 10", holds: atMost(10), rows: func(k kind) bool { return undisturbed(k) && k.page == "timing" },
			value: of(func(f figures) float64 { return f.steadiness })},
	}
}

// governor lists the bars of recordings that their machine may not carry.
func governor() []bar {
	governed := func(k kind) bool { return k.noXvfb && k.fps == 0 }
	beside := func(k kind) bool { return k.ours() && k.busy && !k.noXvfb }
	return []bar{
		{what: "screencast: distinct frames of those at the best constant rate", bound: ">= 0.8", holds: atLeast(0.8),
			rows:  func(k kind) bool { return governed(k) && k.length == 0 },
			value: func(t table, r row) []float64 { return []float64{r.median.distinct / bestConstant(t, r)} }},
		{what: "screencast: longest freeze, ms", bound: "<= 300", holds: atMost(300), rows: governed,
			value: of(func(f figures) float64 { return f.freeze })},
		{what: "screencast: changes of rate", bound: "<= 3", holds: atMost(3), rows: governed,
			value: of(func(f figures) float64 { return f.changes })},
		{what: "with a busy neighbour: distinct frames of the rate that was set", bound: ">= 0.95", holds: atLeast(0.95), rows: beside,
			value: of(func(f figures) float64 { return f.distinct / known(f.meanFPS, usualFPS) })},
		{what: "with a busy neighbour: longest freeze, ms", bound: "<= 300", holds: atMost(300), rows: beside,
			value: of(func(f figures) float64 { return f.freeze })},
		{what: "with a busy neighbour: sound kept", bound: "1", holds: atLeast(0.9995), rows: func(k kind) bool { return beside(k) && k.page != "demo" },
			value: of(func(f figures) float64 { return f.sound })},
		{what: "with a busy neighbour: holes in the sound", bound: "0", holds: atMost(0), rows: beside,
			value: of(func(f figures) float64 { return f.holes })},
		// EBU R 37 has 40 ms early to 60 ms late.
		{what: "with a busy neighbour: lip sync, ms", bound: "-40 to 60", holds: within(-40, 60), rows: func(k kind) bool { return beside(k) && k.page == "lipsync" },
			value: of(func(f figures) float64 { return f.lipSync })},
		{what: "with a busy neighbour: offset less that without, ms", bound: "-40 to 40", holds: within(-40, 40), rows: func(k kind) bool { return beside(k) && k.page == "timing" },
			value: func(t table, r row) []float64 {
				quiet := r.kind
				quiet.busy = false
				if without := t.of(quiet); without != nil {
					return []float64{r.median.offset - without.median.offset}
				}
				return []float64{math.NaN()}
			}},
	}
}

// bestConstant returns the most distinct frames a second, without a long freeze,
// that any constant rate beside r gave, and what r gave where that is more.
func bestConstant(t table, r row) float64 {
	best := r.median.distinct
	for _, other := range t {
		k := other.kind
		k.fps = 0
		if k == r.kind && other.median.freeze <= 300 {
			best = max(best, other.median.distinct)
		}
	}
	return best
}

// endurance lists the bars of long recordings.
func endurance() []bar {
	long := func(k kind) bool { return undisturbed(k) && k.lasting() }
	return []bar{
		{what: "drift, ms a minute", bound: "-1 to 1", holds: within(-1, 1), rows: long,
			value: of(func(f figures) float64 { return f.drift })},
		{what: "memory of beam and ffmpeg, peak of the last third less that of the first, MB", bound: "<= 8", holds: atMost(8), rows: long,
			value: of(func(f figures) float64 { return f.growth })},
	}
}
