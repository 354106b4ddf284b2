package procstat

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"beam/capture"
)

// Limits is what this process may use.
type Limits struct {
	CPUs  []int   // the processors that it may run on, by number
	Quota float64 // processors that its control groups let it keep busy; 0 for no limit
	// Cores is the smaller of both: the processors that this process and its
	// children may keep busy together, if nobody else does.
	Cores float64

	// MemoryLimit is the smallest limit of its control groups in bytes, 0 for
	// none, and MemoryUsed what the group with that limit uses.
	MemoryLimit, MemoryUsed uint64
	MemoryFree              uint64 // bytes that can still be had: of the machine's and of every limit; math.MaxUint64 for unknown
}

// ReadLimits reads the scheduler's affinity and the limits of this process's own
// control group and of all above it that can be seen, cgroup v1 and v2. What
// cannot be read limits nothing: there are systems without control groups. An
// error is a capture.Fault of the class environment: there is no /proc.
func ReadLimits() (Limits, error) { return limitsBelow("/", affinity()) }

// limitsBelow reads the proc and sys below a root directory.
func limitsBelow(root string, cpus []int) (Limits, error) {
	c, err := controlBelow(root)
	if err != nil {
		return Limits{}, err
	}
	l := Limits{CPUs: cpus, Cores: float64(len(cpus)), MemoryFree: math.MaxUint64}
	for _, g := range c.cpu {
		if q := g.quota(c.files); q > 0 && (l.Quota == 0 || q < l.Quota) {
			l.Quota = q
		}
	}
	if l.Quota > 0 {
		l.Cores = min(l.Cores, l.Quota)
	}
	if info, err := c.proc.Meminfo(); err == nil && info.MemAvailableBytes != nil {
		l.MemoryFree = *info.MemAvailableBytes
	}
	for _, g := range c.memory {
		limit, used := g.memory(c.files)
		if limit == 0 {
			continue
		}
		if l.MemoryLimit == 0 || limit < l.MemoryLimit {
			l.MemoryLimit, l.MemoryUsed = limit, used
		}
		l.MemoryFree = min(l.MemoryFree, limit-min(used, limit))
	}
	return l, nil
}

// control is where the control groups of this process are.
type control struct {
	proc                  procfs.FS
	files                 fs.FS // of the root directory
	cpu, accounts, memory []group
}

// controlBelow finds the groups. Only a missing /proc is an error.
func controlBelow(root string) (control, error) {
	c := control{files: os.DirFS(root)}
	var err error
	if c.proc, err = procfs.NewFS(filepath.Join(root, "proc")); err != nil {
		return c, fault("read /proc", err)
	}
	self, err := c.proc.Self()
	if err != nil {
		return c, fault("read /proc", err)
	}
	memberships, err := self.Cgroups()
	if err != nil {
		return c, nil // a kernel without control groups
	}
	mounts, err := self.MountInfo()
	if err != nil {
		return c, fault("read the table of mounts", err)
	}
	c.cpu = groupsOf(memberships, mounts, "cpu")
	c.accounts = groupsOf(memberships, mounts, "cpuacct")
	c.memory = groupsOf(memberships, mounts, "memory")
	return c, nil
}

func fault(op string, err error) error {
	return &capture.Fault{Class: capture.ClassEnvironment, Op: op, Err: err, Hint: "mount /proc"}
}

// affinity returns the processors that this process may run on.
func affinity() []int {
	var set unix.CPUSet
	var cpus []int
	if err := unix.SchedGetaffinity(0, &set); err == nil {
		for cpu := range len(set) * 64 {
			if set.IsSet(cpu) {
				cpus = append(cpus, cpu)
			}
		}
	}
	if len(cpus) == 0 { // more processors than the set has bits
		for cpu := range runtime.NumCPU() {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}
