package doctor

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"beam/beam"
)

// judgeCores tells what a recording would choose on this machine.
func judgeCores(c beam.Choice, s beam.Settings, xvfb bool) Finding {
	f := Finding{ID: Cores, Title: "cores", Status: OK, Data: map[string]any{
		"cores": c.Cores, "usable": c.Usable, "engine": c.Engine, "preset": c.Preset, "reason": c.Reason, "load": c.Load,
	}}
	needed := c.Load[c.Engine]
	f.Found = fmt.Sprintf("%.3g: %s and x264 %s; %s", c.Cores, c.Engine, c.Preset, c.Reason)
	if s.Capture != beam.EngineAuto || c.Engine != beam.EngineScreencast { // else the reason tells
		f.Found += fmt.Sprintf("; %s at %v and %d fps keeps about %.1f cores busy", c.Engine, s.Size, s.FPS, needed)
	}
	if s.AudioOnly || needed <= c.Usable {
		return f
	}
	f.Status = Warning
	f.Found += fmt.Sprintf(", more than the %.1f that should be used: pictures will be lost", c.Usable)
	f.Fix = fmt.Sprintf("use a lower --resolution or --fps, or give it %.0f cores", math.Ceil(beam.NeededCores(c.Engine, s.Size, s.FPS)))
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
	var m memory
	text, _ := os.ReadFile("/proc/meminfo") // unknown where it fails
	m.Available = parseMeminfo(string(text))
	for _, files := range [][2]string{
		{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
		{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
	} {
		limit, known := bytesIn(files[0])
		// Version 1 has the largest page-aligned int64 for no limit.
		if known && limit < 1<<62 {
			m.Limit = limit
			m.Used, _ = bytesIn(files[1]) // 0 errs on the side of nothing to say
			break
		}
	}
	return m
}

// bytesIn reads a file with one number in it, or the word max.
func bytesIn(path string) (uint64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}

// parseMeminfo returns what /proc/meminfo calls available, in bytes, or 0
// (proc_meminfo(5)).
func parseMeminfo(text string) uint64 {
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(line, "MemAvailable:")
		if !found {
			continue
		}
		fields := strings.Fields(rest)
		if len(fields) != 2 || fields[1] != "kB" {
			return 0
		}
		kb, err := strconv.ParseUint(fields[0], 10, 64)
		if err != nil || kb > math.MaxUint64>>10 {
			return 0
		}
		return kb << 10
	}
	return 0
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
