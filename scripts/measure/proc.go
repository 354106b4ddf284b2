package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ticksPerSecond is USER_HZ, 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// process is what /proc tells of one process.
type process struct {
	parent int
	name   string
	// ticks is the processor time of the process and of its children that have
	// ended: over a tree of processes the sum never shrinks.
	ticks uint64
}

// parseStat reads a /proc/PID/stat (proc(5)). The second field, the program's
// name, may hold blanks and brackets.
func parseStat(text string) (process, bool) {
	from, to := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return process{}, false
	}
	fields := strings.Fields(text[to+1:]) // from the third on
	if len(fields) < 15 {
		return process{}, false
	}
	p := process{name: text[from+1 : to]}
	var err error
	if p.parent, err = strconv.Atoi(fields[1]); err != nil {
		return process{}, false
	}
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return process{}, false
		}
		p.ticks += uint64(max(0, n))
	}
	return p, true
}

// processes returns all processes by their ids.
func processes() map[int]process {
	all := map[int]process{}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if p, ok := parseStat(string(text)); ok && err == nil {
			all[pid] = p
		}
	}
	return all
}

// trees returns the ids of the roots and of all that descends from them.
func trees(all map[int]process, roots []int) []int {
	children := map[int][]int{}
	for pid, p := range all {
		children[p.parent] = append(children[p.parent], pid)
	}
	var out []int
	for _, root := range roots {
		if _, ok := all[root]; ok {
			out = append(out, root)
		}
	}
	for i := 0; i < len(out); i++ {
		out = append(out, children[out[i]]...)
	}
	return out
}

// machineTicks is what all processors did since the machine started.
type machineTicks struct{ busy, steal uint64 }

// parseMachine reads the first line of /proc/stat (proc(5)): user, nice,
// system, idle, iowait, irq, softirq, steal.
func parseMachine(text string) machineTicks {
	line, _, _ := strings.Cut(text, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return machineTicks{}
	}
	var m machineTicks
	for i, f := range fields[1:9] {
		n, _ := strconv.ParseUint(f, 10, 64)
		switch i {
		case 3, 4:
		case 7:
			m.steal = n
		default:
			m.busy += n
		}
	}
	return m
}

// proportionalMB returns a process's memory in 2^20 bytes, shared pages counted
// in proportion (proc(5), smaps_rollup).
func proportionalMB(pid int) float64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, _ := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
			return float64(kb) / 1024
		}
	}
	return 0
}
