package procstat

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"
)

// Meter follows some programs. The process tree below each program's own
// process belongs to it, but for those that are followed themselves. It is not
// safe for concurrent use.
type Meter struct {
	roots map[string]func() int      // name: process id, 0 while it does not run
	seen  map[identity]time.Duration // what every process had used at the last sample
	used  map[string]*use
	// The readings, which tests replace.
	processes func() (Processes, error)
	memory    func(pid int) uint64 // bytes
}

type use struct {
	cpu  time.Duration // since the last Reset
	step time.Duration // of that, since the last sample
	peak uint64        // bytes
}

// identity is one process, told from a later one with its id.
type identity struct {
	pid     int
	started uint64
}

// Program is what one program used.
type Program struct {
	Name       string
	CPUSeconds float64
	PeakMB     float64 // memory, 2^20 bytes, shared pages counted in proportion
}

// NewMeter returns a Meter that follows nothing yet.
func NewMeter() *Meter {
	return &Meter{roots: map[string]func() int{}, used: map[string]*use{}, processes: ReadProcesses, memory: proportional}
}

// Follow adds a program; pid is asked at each sample.
func (m *Meter) Follow(name string, pid func() int) {
	m.roots[name] = pid
	m.used[name] = &use{}
}

// Sample reads the processor time of all programs, and their memory too where
// memory is true: that costs some milliseconds. Without, it costs about 0.01 ms
// for each process of the machine. A process that is new counts from its start:
// what it has used, it used since the last sample, or before it was followed,
// which Reset forgets. What one used between the last sample and its end is
// lost.
func (m *Meter) Sample(memory bool) {
	all, err := m.processes()
	if err != nil {
		return // without /proc there are no figures
	}
	roots := make(map[string]int, len(m.roots))
	for name, pid := range m.roots {
		roots[name] = pid()
	}
	forest := all.Forest(roots)
	seen := make(map[identity]time.Duration, len(m.seen))
	for name, u := range m.used {
		u.step = 0
		var bytes uint64
		for _, p := range forest[name] {
			// Every process is in one tree at most. Its time before it came into
			// this one, ffmpeg's before it was followed, was another program's.
			id := identity{p.PID, p.Started}
			u.step += max(0, p.CPU-m.seen[id])
			seen[id] = p.CPU
			if memory {
				bytes += m.memory(p.PID)
			}
		}
		u.cpu += u.step
		u.peak = max(u.peak, bytes)
	}
	m.seen = seen
}

// Step returns the processor time that each program used between the last two
// samples, in steps of 10 ms; 0 for one that does not run. The first sample of a
// program has all that it used before.
func (m *Meter) Step() map[string]time.Duration {
	steps := make(map[string]time.Duration, len(m.used))
	for name, u := range m.used {
		steps[name] = u.step
	}
	return steps
}

// Reset forgets what was used so far, but not which processes there are.
func (m *Meter) Reset() {
	for _, u := range m.used {
		u.cpu, u.step, u.peak = 0, 0, 0
	}
}

// Programs returns the figures since the last Reset, by name.
func (m *Meter) Programs() []Program {
	var out []Program
	for name, u := range m.used {
		out = append(out, Program{Name: name, CPUSeconds: u.cpu.Seconds(), PeakMB: float64(u.peak) / (1 << 20)})
	}
	slices.SortFunc(out, func(a, b Program) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// proportional returns a process's memory in bytes, shared pages counted in
// proportion; 0 when it has ended.
func proportional(pid int) uint64 {
	proc, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	all, err := proc.ProcSMapsRollup()
	if err != nil {
		return 0
	}
	return all.Pss
}
