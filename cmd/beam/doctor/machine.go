package doctor

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"

	"beam/beam"
	"beam/beam/machine"
)

// judgeCores tells what a recording would choose on this machine.
func judgeCores(c beam.Choice, s beam.Settings, xvfb bool) Finding {
	f := Finding{ID: Cores, Title: "cores", Status: OK, Data: map[string]any{
		"cores": c.Cores, "usable": c.Usable, "engine": c.Engine, "preset": c.Preset, "reason": c.Reason, "load": c.Load,
		"slowness": c.Slow, "page_fault_ns": c.Speed.FaultNs, "copy_gb_s": c.Speed.CopyGBs, "two_threads": c.Speed.Pair,
	}}
	needed := c.Load[c.Engine]
	f.Found = fmt.Sprintf("%.3g: %s and x264 %s; %s", c.Cores, c.Engine, c.Preset, c.Reason)
	f.Found += fmt.Sprintf("; %s at %v and %d fps keeps about %.1f cores busy here (measured: a page fault takes %.1f us, two threads do the work of %.1f)",
		c.Engine, s.Size, s.FPS, needed, c.Speed.FaultNs/1000, c.Speed.Pair)
	if s.AudioOnly || needed <= c.Usable {
		return f
	}
	f.Status = Warning
	f.Found += fmt.Sprintf(", more than the %.1f that should be used: frames may be lost, and the rate lowered", c.Usable)
	f.Fix = fmt.Sprintf("use a lower --resolution or --fps, or give it %.0f cores", math.Ceil(needed*c.Cores/c.Usable))
	if c.Engine != beam.EngineX11 && c.Load[beam.EngineX11] <= c.Usable {
		f.Fix = "use --capture x11, or a lower --resolution or --fps"
		if !xvfb {
			f.Fix = "install Xvfb (Debian: apt-get install xvfb), so that x11 can be taken, or use a lower --resolution or --fps"
		}
	}
	return f
}

// memory is how much may still be taken, in bytes.
type memory struct {
	Available uint64 // of the machine; 0 for unknown
	Limit     uint64 // of the cgroup; 0 for none
	Used      uint64 // of Limit
}

func lookAtMemory() memory {
	l, err := machine.ReadLimits()
	if err != nil || l.MemoryFree == math.MaxUint64 {
		return memory{} // unknown
	}
	return memory{Available: l.MemoryFree, Limit: l.MemoryLimit, Used: l.MemoryUsed}
}

// enoughMemory is what a recording of a room takes at most, in bytes: 170 MB for
// Beam and ffmpeg at 1080p, the rest for Chrome and the room's page.
const enoughMemory = 1 << 30

func judgeMemory(m memory) Finding {
	f := Finding{ID: Memory, Title: "memory", Status: OK, Data: map[string]any{
		"available_bytes": m.Available, "limit_bytes": m.Limit, "used_bytes": m.Used,
	}}
	free, whose := m.Available, "available"
	if m.Limit > 0 {
		if left := m.Limit - min(m.Used, m.Limit); free == 0 || left < free {
			free, whose = left, fmt.Sprintf("left of the cgroup's %s", amount(m.Limit))
		}
	}
	switch {
	case free == 0 && m.Limit == 0:
		f.Status, f.Found = Warning, "can't tell: /proc/meminfo can't be read"
		f.Fix = "mount /proc"
	case free < enoughMemory:
		f.Status, f.Found = Warning, fmt.Sprintf("%s %s; a room in Chrome can take %s", amount(free), whose, amount(enoughMemory))
		f.Fix = "end other programs, or give the machine or container more memory"
	default:
		f.Found = fmt.Sprintf("%s %s", amount(free), whose)
	}
	return f
}

// amount is a number of bytes for people.
func amount(b uint64) string {
	if b >= 10<<30 {
		return fmt.Sprintf("%.0f GB", float64(b)/(1<<30))
	}
	if b >= 1<<30 {
		return fmt.Sprintf("%.1f GB", float64(b)/(1<<30))
	}
	return fmt.Sprintf("%.0f MB", float64(b)/(1<<20))
}

// sharedMemory is what was seen of /dev/shm, in bytes.
type sharedMemory struct {
	Err        error // it can't be looked at
	Size, Free uint64
	Writable   bool
}

const sharedPath = "/dev/shm"

func lookAtSharedMemory() sharedMemory {
	var st unix.Statfs_t
	if err := unix.Statfs(sharedPath, &st); err != nil {
		return sharedMemory{Err: err}
	}
	return sharedMemory{
		Size: st.Blocks * uint64(st.Bsize), Free: st.Bavail * uint64(st.Bsize),
		Writable: unix.Faccessat(unix.AT_FDCWD, sharedPath, unix.W_OK|unix.X_OK, unix.AT_EACCESS) == nil,
	}
}

// smallShared is where Beam tells Chrome not to use /dev/shm (package chrome),
// in bytes.
const smallShared = 512 << 20

func judgeSharedMemory(s sharedMemory) Finding {
	f := Finding{ID: SharedMem, Title: sharedPath, Status: OK, Data: map[string]any{
		"size_bytes": s.Size, "free_bytes": s.Free, "writable": s.Writable,
	}}
	const instead = "Chrome is told to use files in the temporary folder instead"
	switch {
	case s.Err != nil:
		f.Found = fmt.Sprintf("none (%v): %s", s.Err, instead)
	case s.Free < smallShared:
		f.Found = fmt.Sprintf("%s free of %s is little: %s", amount(s.Free), amount(s.Size), instead)
	case !s.Writable:
		f.Status, f.Found = Problem, fmt.Sprintf("%s free, but it can't be written: Chrome's pages crash", amount(s.Free))
		f.Fix = "as root: chmod 1777 " + sharedPath
	default:
		f.Found = fmt.Sprintf("%s free of %s", amount(s.Free), amount(s.Size))
	}
	return f
}
