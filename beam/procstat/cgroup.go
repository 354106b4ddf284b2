package procstat

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// The cgroup library of containerd makes and changes groups, and reads the
// usage of one; it reads neither a CPU limit nor the groups above. So procfs
// tells which groups this process is in and where they are mounted, and the few
// files are read here.

// group is one control group that this process is in, directly or through a
// group below.
type group struct {
	dir     string // of its files; without a leading slash, as fs.FS wants it
	way     string // from the mount point to there: "/" for the outermost
	unified bool   // cgroup v2
}

// groupsOf returns the groups of this process that a controller ("cpu",
// "cpuacct", "memory") may act in, each hierarchy's innermost first: those of
// cgroup v1 and those of v2, since a hybrid machine has both and only one of
// them the controller's files.
func groupsOf(memberships []procfs.Cgroup, mounts []*procfs.MountInfo, controller string) []group {
	var all []group
	for _, m := range memberships {
		unified := m.HierarchyID == 0
		if !unified && !slices.Contains(m.Controllers, controller) {
			continue
		}
		point, below, ok := mounted(mounts, m.Path, unified, controller)
		if !ok {
			continue
		}
		for dir := below; ; dir = path.Dir(dir) {
			all = append(all, group{strings.TrimPrefix(path.Join(point, dir), "/"), dir, unified})
			if dir == "/" {
				break
			}
		}
	}
	return all
}

// mounted returns the mount point of a hierarchy and the way from there to the
// group.
//
// The path in /proc/self/cgroup and the root in /proc/self/mountinfo are both
// relative to the root of this process's cgroup namespace (cgroup_namespaces(7)).
// In a container with a namespace of its own both are "/"; in one without, both
// are "/docker/ID" and the mount point is the container's group. Where the group
// is not below what is mounted (the host's tree bind-mounted into a namespace
// shows the root "/../.."), the names between are unknown and the mount point
// is the best there is. Of several mounts the one that shows most groups counts.
func mounted(mounts []*procfs.MountInfo, cgroup string, unified bool, controller string) (point, below string, ok bool) {
	known := false // where below the mount point the group is
	for _, m := range mounts {
		if unified && m.FSType != "cgroup2" || !unified && m.FSType != "cgroup" {
			continue
		}
		if _, has := m.SuperOptions[controller]; !unified && !has {
			continue
		}
		way, inside := relative(unescape(m.Root), cgroup)
		if !ok || inside && (!known || len(way) > len(below)) {
			point, below, known, ok = unescape(m.MountPoint), way, inside, true
		}
	}
	return point, below, ok
}

// relative returns the path of a group seen from the group that is mounted.
func relative(root, cgroup string) (way string, inside bool) {
	rest, inside := strings.CutPrefix(cgroup, root)
	switch {
	case !inside, strings.HasPrefix(rest, "/.."), root == "/" && strings.HasPrefix(rest, ".."):
		return "/", false
	case root != "/" && rest != "" && rest[0] != '/':
		return "/", false // /docker/ab is not below /docker/a
	}
	return path.Join("/", rest), true
}

// unescape undoes the octal escapes of mountinfo (proc_pid_mountinfo(5)).
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// quota returns the processors that the group may keep busy, 0 for no limit:
// cpu.max is "QUOTA PERIOD" or "max PERIOD", in microseconds; v1 has a file for
// each, and -1 for none.
func (g group) quota(files fs.FS) float64 {
	var quota, period float64
	if g.unified {
		fields := bytes.Fields(g.read(files, "cpu.max"))
		if len(fields) != 2 {
			return 0
		}
		quota, period = number(fields[0]), number(fields[1])
	} else {
		quota, period = number(g.read(files, "cpu.cfs_quota_us")), number(g.read(files, "cpu.cfs_period_us"))
	}
	if quota <= 0 || period <= 0 {
		return 0
	}
	return quota / period
}

// unlimited is what v1 reports for no limit, less what it rounds away: the
// largest multiple of the page size (9223372036854771712).
const unlimited = 1 << 62

// memory returns the group's limit and what of it is in use, in bytes; a limit
// of 0 is none. Page cache that nobody has used for a while (inactive_file) is
// given back before anybody is killed and does not count as used.
func (g group) memory(files fs.FS) (limit, used uint64) {
	usage, stat := "memory.usage_in_bytes", "total_inactive_file"
	limits := []string{"memory.limit_in_bytes"}
	if g.unified {
		// Beyond memory.high the group is slowed down until it stands still.
		usage, stat, limits = "memory.current", "inactive_file", []string{"memory.max", "memory.high"}
	}
	for _, name := range limits {
		if n := number(g.read(files, name)); n > 0 && n < unlimited && (limit == 0 || uint64(n) < limit) {
			limit = uint64(n)
		}
	}
	used = uint64(number(g.read(files, usage)))
	return limit, used - min(used, uint64(keyed(g.read(files, "memory.stat"), stat)))
}

// cpuUse is what the kernel has counted of a group's processor time so far.
type cpuUse struct {
	quota     float64 // processors, 0 for no limit
	used      float64 // seconds; of all processes in the group and below; v1 counts it in another hierarchy
	throttled float64 // seconds that a processor was kept from the group
	periods   uint64  // in which that happened
}

// cpu reads the group's quota and how it fares with it.
func (g group) cpu(files fs.FS, accounts []group) cpuUse {
	stat := g.read(files, "cpu.stat")
	u := cpuUse{quota: g.quota(files), periods: uint64(keyed(stat, "nr_throttled"))}
	if g.unified {
		u.used, u.throttled = keyed(stat, "usage_usec")/1e6, keyed(stat, "throttled_usec")/1e6
		return u
	}
	u.used, u.throttled = g.used(files, accounts), keyed(stat, "throttled_time")/1e9
	return u
}

// used returns the processor time of a v1 group in seconds, from the hierarchy of
// cpuacct, which is often, but not always, mounted together with that of cpu.
func (g group) used(files fs.FS, accounts []group) float64 {
	for _, a := range accounts {
		if !a.unified && a.way == g.way {
			return number(a.read(files, "cpuacct.usage")) / 1e9
		}
	}
	return 0
}

// read returns a file of the group, nothing where there is none: the root group
// has no limits, and a hierarchy not every controller.
func (g group) read(files fs.FS, name string) []byte {
	text, err := fs.ReadFile(files, path.Join(g.dir, name))
	if err != nil {
		return nil
	}
	return text
}

// number reads a number; anything else ("max", nothing) is 0.
func number(text []byte) float64 {
	n, err := strconv.ParseFloat(string(bytes.TrimSpace(text)), 64)
	if err != nil {
		return 0
	}
	return n
}

// keyed returns the number behind a key of a flat keyed file.
func keyed(text []byte, key string) float64 {
	for line := range bytes.Lines(text) {
		if name, value, ok := bytes.Cut(line, []byte(" ")); ok && string(name) == key {
			return number(value)
		}
	}
	return 0
}
