package procstat

import (
	"io/fs"
	"path"
)

// Memory is how this process and its children stand with memory: by the control group,
// or the machine where it is scarcer, that is nearest to its limit.
type Memory struct {
	Limit uint64 // bytes
	// Used is what of the limit can't be given back, in bytes: the kernel drops clean
	// pages of files before it kills.
	Used  uint64
	Group bool // it is a control group's limit
	// What the kernel has counted of this process's own group so far: how often it was
	// slowed down (memory.high), how often it came to its limit (memory.max), and how
	// many of its processes were killed for it.
	Slowed, Full, Killed uint64
}

// Share returns how much of the limit is used, 1 for all.
func (m Memory) Share() float64 { return float64(m.Used) / float64(max(1, m.Limit)) }

// MemoryReader reads it. It is not safe for concurrent use.
type MemoryReader struct{ control control }

// NewMemoryReader finds the groups of this process. An error is a capture.Fault of the
// class environment.
func NewMemoryReader() (*MemoryReader, error) { return memoryBelow("/") }

func memoryBelow(root string) (*MemoryReader, error) {
	c, err := controlBelow(root)
	if err != nil {
		return nil, err
	}
	return &MemoryReader{control: c}, nil
}

// Read costs some ten microseconds a group. The limit is 0 where nothing can be read.
func (r *MemoryReader) Read() Memory {
	var tightest Memory
	if info, err := r.control.proc.Meminfo(); err == nil && info.MemTotalBytes != nil && info.MemAvailableBytes != nil {
		tightest.Limit = *info.MemTotalBytes
		tightest.Used = tightest.Limit - min(tightest.Limit, *info.MemAvailableBytes)
	}
	files := r.control.files
	for _, g := range r.control.memory {
		limit, _ := g.memory(files)
		if limit == 0 {
			continue
		}
		if m := (Memory{Limit: limit, Used: g.held(files), Group: true}); tightest.Limit == 0 || m.Share() > tightest.Share() {
			tightest = m
		}
	}
	for _, g := range r.control.memory {
		if g.events(files, &tightest) {
			break // the innermost group is this process's own
		}
	}
	return tightest
}

// held returns what of the group's memory can't be given back, in bytes. Pages of
// files count as given back whether or not they were used lately; what is shared
// (tmpfs, and what processes share) is no such page.
func (g group) held(files fs.FS) uint64 {
	usage, stat := "memory.usage_in_bytes", "total_"
	if g.unified {
		usage, stat = "memory.current", ""
	}
	text := g.read(files, "memory.stat")
	cache := keyed(text, stat+"inactive_file") + keyed(text, stat+"active_file") + keyed(text, "slab_reclaimable")
	used := uint64(number(g.read(files, usage)))
	return used - min(used, uint64(cache))
}

// events reads what the kernel counted; false where the group has no such file.
func (g group) events(files fs.FS, m *Memory) bool {
	if g.unified {
		text := g.read(files, "memory.events")
		m.Slowed, m.Full, m.Killed = uint64(keyed(text, "high")), uint64(keyed(text, "max")), uint64(keyed(text, "oom_kill"))
		return text != nil
	}
	if _, err := fs.Stat(files, path.Join(g.dir, "memory.oom_control")); err != nil {
		return false
	}
	m.Full = uint64(number(g.read(files, "memory.failcnt")))
	m.Killed = uint64(keyed(g.read(files, "memory.oom_control"), "oom_kill"))
	return true
}

// TreeMemory returns the memory of a process and its descendants in bytes, shared pages
// counted in proportion; 0 where there is none. It costs some milliseconds, more for
// large processes: the kernel walks their page tables.
func TreeMemory(pid int) uint64 {
	if pid == 0 {
		return 0
	}
	all, err := ReadProcesses()
	if err != nil {
		return 0
	}
	var sum uint64
	for _, p := range all.Tree(pid, func(int) bool { return false }) {
		sum += proportional(p.PID)
	}
	return sum
}
