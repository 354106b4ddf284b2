package main

import (
	"fmt"
	"math"
)

// bar is one of the design's quality bars.
type bar struct {
	what  string
	rows  func(kind) bool
	value func(rows []row, r row) []float64 // all have to hold
	holds func(float64) bool
	bound string
}

func atLeast(v float64) func(float64) bool { return func(x float64) bool { return x >= v } }
func atMost(v float64) func(float64) bool  { return func(x float64) bool { return x <= v } }

func of(pick func(figures) float64) func([]row, row) []float64 {
	return func(_ []row, r row) []float64 { return []float64{pick(r.median)} }
}

func ours(k kind) bool { return k.engine == "screencast" || k.engine == "x11" }

func is(size, page, engine string) func(kind) bool {
	return func(k kind) bool {
		return ours(k) && (size == "" || k.size == size) && (page == "" || k.page == page) && (engine == "" || k.engine == engine)
	}
}

func overPage(rows []row, r row) []float64 {
	return []float64{r.median.cores - aloneCores(rows, r.kind)}
}

func bars() []bar {
	kept := of(func(f figures) float64 { return f.kept })
	return []bar{
		{"1080p30 x11, busy room: source pictures kept", is("1080p", "room-busy", "x11"), kept, atLeast(0.90), ">= 90 %"},
		{"1080p30 x11, calm room: source pictures kept", is("1080p", "room-calm", "x11"), kept, atLeast(0.98), ">= 98 %"},
		{"720p30 rooms: source pictures kept", func(k kind) bool {
			return ours(k) && k.size == "720p" && (k.page == "room-calm" || k.page == "room-busy")
		}, kept, atLeast(0.99), ">= 99 %"},
		{"720p30 timing page: distinct pictures a second", is("720p", "timing", ""), of(func(f figures) float64 { return f.distinct }), atLeast(29.5), ">= 29.5"},
		{"720p30 timing page: longest freeze, ms", is("720p", "timing", ""), of(func(f figures) float64 { return f.freeze }), atMost(100), "<= 100"},
		{"1080p30 x11, timing page: distinct pictures a second", is("1080p", "timing", "x11"), of(func(f figures) float64 { return f.distinct }), atLeast(28.5), ">= 28.5"},
		{"sound kept", ours, of(func(f figures) float64 { return f.sound }), atLeast(0.9995), "100 %"},
		{"720p30 screencast, timing page: cores over the page", is("720p", "timing", "screencast"), overPage, atMost(1.0), "<= 1.0"},
		{"720p30 x11, timing page: cores over the page", is("720p", "timing", "x11"), overPage, atMost(0.6), "<= 0.6"},
		{"lip sync of each recording, ms", is("", "lipsync", ""), func(_ []row, r row) []float64 {
			var all []float64
			for _, f := range r.all {
				all = append(all, f.lipSync)
			}
			return all
		}, func(v float64) bool { return v >= -20 && v <= 40 }, "-20 to +40"},
		{"timing page: steadiness of the offset, ms", is("", "timing", ""), of(func(f figures) float64 { return f.steadiness }), atMost(10), "<= 10"},
		{"still page at 1080p30: cores in all", is("1080p", "still", "screencast"), of(func(f figures) float64 { return f.cores }), atMost(0.4), "<= 0.4"},
		{"command to first picture, s", ours, of(func(f figures) float64 { return f.first }), atMost(3), "<= 3"},
		{"stop to finished file, or to the object confirmed, s", ours, of(func(f figures) float64 { return f.finish }), atMost(2), "<= 2"},
		{"memory of beam and ffmpeg, MB", ours, of(func(f figures) float64 { return f.memory }), atMost(250), "<= 250"},
	}
}

// printBars prints which bars hold, a line for each row that a bar is about.
func printBars(rows []row) {
	fmt.Println()
	for _, b := range bars() {
		for _, r := range rows {
			if !b.rows(r.kind) {
				continue
			}
			for _, v := range b.value(rows, r) {
				if math.IsNaN(v) {
					continue
				}
				verdict := "holds"
				if !b.holds(v) {
					verdict = "FAILS"
				}
				fmt.Printf("%s  %s (%s): %.4g, bar %s\n", verdict, b.what, r.kind.name(), v, b.bound)
			}
		}
	}
}
