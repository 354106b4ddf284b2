// Package usage follows what the programs of a recording use of the machine, by
// sampling /proc.
package usage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Meter follows some programs. The process tree below each program's own
// process belongs to it, but for those that are followed themselves. It is not
// safe for concurrent use.
type Meter struct {
	roots map[string]func() int // name: process id, 0 while it does not run
	seen  map[int]uint64        // process id: clock ticks at the last sample
	used  map[string]*use
}

type use struct {
	ticks  uint64
	peakKB uint64
}

// Program is what one program used.
type Program struct {
	Name       string
	CPUSeconds float64
	PeakMB     float64 // memory, 2^20 bytes, shared pages counted in proportion
}

// ticksPerSecond is USER_HZ, 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// New returns a Meter that follows nothing yet.
func New() *Meter {
	return &Meter{roots: map[string]func() int{}, seen: map[int]uint64{}, used: map[string]*use{}}
}

// Follow adds a program; pid is asked at each sample.
func (m *Meter) Follow(name string, pid func() int) {
	m.roots[name] = pid
	m.used[name] = &use{}
}

// Sample reads the processor time of all programs, and their memory too where
// memory is true: that costs some milliseconds.
func (m *Meter) Sample(memory bool) {
	children := processTree()
	for name, pid := range m.roots {
		root := pid()
		if root == 0 {
			continue
		}
		var kb uint64
		for _, p := range subtree(children, root, m.roots, name) {
			if ticks, ok := processTicks(p); ok {
				m.used[name].ticks += ticks - min(m.seen[p], ticks)
				m.seen[p] = ticks
			}
			if memory {
				kb += proportionalKB(p)
			}
		}
		m.used[name].peakKB = max(m.used[name].peakKB, kb)
	}
}

// Reset forgets what was used so far, but not which processes there are.
func (m *Meter) Reset() {
	for _, u := range m.used {
		*u = use{}
	}
}

// Programs returns the figures since the last Reset, by name.
func (m *Meter) Programs() []Program {
	var out []Program
	for name, u := range m.used {
		out = append(out, Program{
			Name: name, CPUSeconds: float64(u.ticks) / ticksPerSecond, PeakMB: float64(u.peakKB) / 1024,
		})
	}
	slices.SortFunc(out, func(a, b Program) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// subtree returns root and its descendants, but not those that belong to
// another program that is followed: ffmpeg is a child of Beam.
func subtree(children map[int][]int, root int, roots map[string]func() int, self string) []int {
	other := map[int]bool{}
	for name, pid := range roots {
		if name != self {
			other[pid()] = true
		}
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		for _, child := range children[all[i]] {
			if !other[child] {
				all = append(all, child)
			}
		}
	}
	return all
}

// processTree returns the children of every process.
func processTree() map[int][]int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if fields := statFields(pid); len(fields) > 1 {
			if parent, err := strconv.Atoi(fields[1]); err == nil {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	return children
}

// statFields returns the fields of /proc/PID/stat from the third on: the second
// is the program's name, and may hold blanks and brackets (proc(5)).
func statFields(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	end := bytes.LastIndexByte(text, ')')
	if end < 0 {
		return nil
	}
	return strings.Fields(string(text[end+1:]))
}

// processTicks returns the user and system time of a process, in ticks.
func processTicks(pid int) (uint64, bool) {
	fields := statFields(pid)
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseUint(fields[11], 10, 64)
	system, err2 := strconv.ParseUint(fields[12], 10, 64)
	return user + system, err1 == nil && err2 == nil
}

// proportionalKB returns a process's memory, shared pages counted in
// proportion (proc(5), smaps_rollup).
func proportionalKB(pid int) uint64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, _ := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
			return kb
		}
	}
	return 0
}
