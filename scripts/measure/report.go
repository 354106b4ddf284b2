package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"time"
)

// report is what is used of Beam's report. It is read by its published names
// and not through Beam's own type, as any other program would; what a report
// does not hold stays unknown.
type report struct {
	StartedAt  time.Time          `json:"started_at"`
	FirstFrame float64            `json:"first_frame_seconds"`
	Start      map[string]float64 `json:"start_seconds"`
	Degraded   []string           `json:"degraded"`
	Engine     string             `json:"engine"`
	Preset     string             `json:"preset"`
	FPS        float64            `json:"fps"`
	Changes    []struct {
		At     float64 `json:"at_seconds"`
		From   string  `json:"from"`
		To     string  `json:"to"`
		Reason string  `json:"reason"`
	} `json:"engine_changes"`
	Gaps []struct {
		At      float64 `json:"at_seconds"`
		Seconds float64 `json:"seconds"`
		Lost    string  `json:"lost"`
		Cause   string  `json:"cause"`
	} `json:"gaps"`
	Pictures *struct {
		Kept    *float64 `json:"kept_percent"` // -1: unknown
		MeanFPS *float64 `json:"mean_fps"`
		Lowered int      `json:"rate_lowered"`
		Rates   []rate   `json:"rates"`
	} `json:"pictures"`
	Sound struct {
		Covered float64 `json:"covered_percent"`
		Holes   float64 `json:"holes"`
	} `json:"sound"`
	Resources []struct {
		Name   string  `json:"name"`
		PeakMB float64 `json:"peak_mb"`
	} `json:"resources"`
	Machine *machine `json:"machine"`
}

// rate is a rate that the governor set.
type rate struct {
	At     float64 `json:"at_seconds"`
	FPS    float64 `json:"fps"`
	Reason string  `json:"reason"`
}

// machine is what Beam found the machine to be.
type machine struct {
	Cores       float64            `json:"cores"`
	Slowness    float64            `json:"slowness"`
	PageFault   float64            `json:"page_fault_us"`
	LeastIdle   *float64           `json:"least_idle_cores"`
	Throttled   float64            `json:"throttled_seconds"`
	RunDelay    map[string]float64 `json:"run_delay_seconds"`
	StolenTotal float64            `json:"steal_seconds"`
}

func readReport(path string) (report, error) {
	var r report
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// fill puts into f what the report tells.
func (r report) fill(f *figures, k kind) {
	f.first, f.parts, f.preset = r.FirstFrame, r.Start, r.Preset
	f.sound, f.holes = r.Sound.Covered/100, r.Sound.Holes
	f.memory = 0
	for _, u := range r.Resources {
		if u.Name == "beam" || u.Name == "ffmpeg" {
			f.memory += u.PeakMB
		}
	}
	if p := r.Pictures; p != nil {
		f.changes = float64(rateChanges(r.FPS, p.Rates))
		if p.Rates == nil {
			f.changes = float64(p.Lowered)
		}
		if p.Kept != nil && *p.Kept >= 0 {
			f.painted = *p.Kept / 100
		}
		if p.MeanFPS != nil && *p.MeanFPS > 0 {
			f.meanFPS = *p.MeanFPS
		}
		for _, c := range p.Rates {
			if c.At > 0 {
				f.notes = append(f.notes, fmt.Sprintf("%.4g fps from second %.1f on: %s", c.FPS, c.At, c.Reason))
			}
		}
	}
	if m := r.Machine; m != nil && m.LeastIdle != nil {
		f.idle = *m.LeastIdle
	}
	if k.engine != "auto" && r.Engine != k.engine {
		f.notes = append(f.notes, "recorded with "+r.Engine)
	}
	for _, c := range r.Changes {
		f.notes = append(f.notes, fmt.Sprintf("%s instead of %s from second %.1f on: %s", c.To, c.From, c.At, c.Reason))
	}
	for _, g := range r.Gaps {
		f.notes = append(f.notes, fmt.Sprintf("gap of %.2f s at second %.1f: %s, %s", g.Seconds, g.At, g.Lost, g.Cause))
	}
	for _, d := range r.Degraded {
		f.notes = append(f.notes, "degraded: "+d)
	}
}

// rateChanges counts how often a rate differs from the one before; the first
// one is that of the start, or a change of what was asked for.
func rateChanges(asked float64, rates []rate) int {
	n, last := 0, asked
	for _, c := range rates {
		if math.Abs(c.FPS-last) > 0.01 {
			n++
		}
		last = c.FPS
	}
	return n
}
