package procstat

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// system writes out a proc and a sys, and what of it differs between systems:
// the two files of the process, and the files of the control groups.
func system(t *testing.T, cgroup, mountinfo string, files map[string]string) string {
	t.Helper()
	all := fstest.MapFS{
		"proc/7/cgroup":    {Data: []byte(cgroup)},
		"proc/7/mountinfo": {Data: []byte(mountinfo)},
		"proc/meminfo":     {Data: []byte("MemTotal: 16000000 kB\nMemFree: 1000 kB\nMemAvailable: 8192000 kB\n")},
	}
	if cgroup == "" {
		delete(all, "proc/7/cgroup")
	}
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text)}
	}
	root := t.TempDir()
	if err := os.CopyFS(root, all); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("7", filepath.Join(root, "proc/self")); err != nil {
		t.Fatal(err)
	}
	return root
}

const (
	unifiedMount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	mb           = uint64(1 << 20)
)

func TestLimits(t *testing.T) {
	fourCPUs := []int{0, 1, 2, 3}
	tests := map[string]struct {
		cgroup, mountinfo string
		files             map[string]string
		want              Limits
	}{
		// The root group has no cpu.max and no memory.max.
		"no limits": {"0::/user.slice/user-1000.slice/session-2.scope\n", unifiedMount,
			map[string]string{
				"sys/fs/cgroup/cpu.stat": "usage_usec 100\n",
				"sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope/cpu.max":    "max 100000\n",
				"sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope/memory.max": "max\n",
			},
			Limits{Cores: 4, MemoryFree: 8000 * mb}},
		"systemd slice above the service has the quota": {"0::/batch.slice/beam.service\n", unifiedMount,
			map[string]string{
				"sys/fs/cgroup/batch.slice/cpu.max":                  "150000 100000\n",
				"sys/fs/cgroup/batch.slice/beam.service/cpu.max":     "max 100000\n",
				"sys/fs/cgroup/batch.slice/memory.max":               "1073741824\n",
				"sys/fs/cgroup/batch.slice/memory.current":           "536870912\n",
				"sys/fs/cgroup/batch.slice/memory.stat":              "anon 1\ninactive_file 104857600\n",
				"sys/fs/cgroup/batch.slice/beam.service/memory.max":  "max\n",
				"sys/fs/cgroup/batch.slice/beam.service/memory.high": "max\n",
			},
			Limits{Cores: 1.5, Quota: 1.5, MemoryLimit: 1024 * mb, MemoryUsed: 412 * mb, MemoryFree: 612 * mb}},
		"docker v2 with its own cgroup namespace": {"0::/\n",
			"600 590 0:30 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n",
			map[string]string{
				"sys/fs/cgroup/cpu.max":        "200000 100000\n",
				"sys/fs/cgroup/memory.max":     "2147483648\n",
				"sys/fs/cgroup/memory.high":    "1073741824\n",
				"sys/fs/cgroup/memory.current": "104857600\n",
			},
			Limits{Cores: 2, Quota: 2, MemoryLimit: 1024 * mb, MemoryUsed: 100 * mb, MemoryFree: 924 * mb}},
		"docker v2 in the host's cgroup namespace": {"0::/system.slice/docker-ab.scope\n",
			"600 590 0:30 /system.slice/docker-ab.scope /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/cpu.max": "50000 100000\n"},
			Limits{Cores: 0.5, Quota: 0.5, MemoryFree: 8000 * mb}},
		// The pod's group has the sum of its containers' limits.
		"kubernetes v2, the whole tree mounted": {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-c1.scope\n",
			unifiedMount,
			map[string]string{
				"sys/fs/cgroup/kubepods.slice/cpu.max":                                                                                   "max 100000\n",
				"sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cpu.max":                            "300000 100000\n",
				"sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-c1.scope/cpu.max":    "250000 100000\n",
				"sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/memory.max":                         "629145600\n",
				"sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/memory.current":                     "629145600\n",
				"sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-c1.scope/memory.max": "1073741824\n",
			},
			Limits{Cores: 2.5, Quota: 2.5, MemoryLimit: 600 * mb, MemoryUsed: 600 * mb, MemoryFree: 0}},
		"docker v1: the mounts show the container's group alone": {
			"12:cpu,cpuacct:/docker/ab\n11:memory:/docker/ab\n1:name=systemd:/docker/ab\n0::/system.slice/containerd.service\n",
			"700 690 0:31 /docker/ab /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n" +
				"701 690 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n" +
				"702 690 0:33 /docker/ab /sys/fs/cgroup/systemd ro - cgroup systemd rw,name=systemd\n",
			map[string]string{
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":    "150000\n",
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us":   "100000\n",
				"sys/fs/cgroup/memory/memory.limit_in_bytes":    "536870912\n",
				"sys/fs/cgroup/memory/memory.usage_in_bytes":    "209715200\n",
				"sys/fs/cgroup/memory/memory.stat":              "inactive_file 1\ntotal_inactive_file 104857600\n",
				"sys/fs/cgroup/memory/docker/ab/no_such_folder": "",
			},
			Limits{Cores: 1.5, Quota: 1.5, MemoryLimit: 512 * mb, MemoryUsed: 100 * mb, MemoryFree: 412 * mb}},
		"v1 on the host, a group above is tighter": {
			"4:memory:/jobs/a/b\n1:cpu:/jobs/a\n0::/\n",
			"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
				"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			map[string]string{
				"sys/fs/cgroup/cpu/cpu.cfs_quota_us":                  "-1\n",
				"sys/fs/cgroup/cpu/cpu.cfs_period_us":                 "100000\n",
				"sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us":             "100000\n",
				"sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us":            "50000\n",
				"sys/fs/cgroup/cpu/jobs/a/cpu.cfs_quota_us":           "300000\n",
				"sys/fs/cgroup/cpu/jobs/a/cpu.cfs_period_us":          "100000\n",
				"sys/fs/cgroup/memory/memory.limit_in_bytes":          "9223372036854771712\n",
				"sys/fs/cgroup/memory/jobs/a/b/memory.limit_in_bytes": "9223372036854771712\n",
			},
			Limits{Cores: 2, Quota: 2, MemoryFree: 8000 * mb}},
		// A group whose name begins like the mounted one's is not below it.
		"the group is not below what is mounted": {"0::/pod/ab2\n",
			"600 590 0:30 /pod/ab /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup/cpu.max": "100000 100000\n", "sys/fs/cgroup/2/cpu.max": "10000 100000\n"},
			Limits{Cores: 1, Quota: 1, MemoryFree: 8000 * mb}},
		"the host's tree is mounted in a namespace, beside its own": {"0::/\n",
			"610 590 0:30 /../.. /host/sys/fs/cgroup ro - cgroup2 cgroup rw\n600 590 0:30 / /sys/fs/cgroup\\040x ro - cgroup2 cgroup rw\n",
			map[string]string{"sys/fs/cgroup x/cpu.max": "100000 100000\n"},
			Limits{Cores: 1, Quota: 1, MemoryFree: 8000 * mb}},
		"a quota above the processors": {"0::/\n", unifiedMount,
			map[string]string{"sys/fs/cgroup/cpu.max": "800000 100000\n"},
			Limits{Cores: 4, Quota: 8, MemoryFree: 8000 * mb}},
		"nothing is mounted": {"0::/a\n", "22 27 0:21 / /proc rw - proc proc rw\n", nil,
			Limits{Cores: 4, MemoryFree: 8000 * mb}},
		"a kernel without control groups": {"", "22 27 0:21 / /proc rw - proc proc rw\n", nil,
			Limits{Cores: 4, MemoryFree: 8000 * mb}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := limitsBelow(system(t, test.cgroup, test.mountinfo, test.files), fourCPUs)
			if err != nil {
				t.Fatal(err)
			}
			got.CPUs = nil
			if got.Cores != test.want.Cores || got.Quota != test.want.Quota ||
				got.MemoryLimit != test.want.MemoryLimit || got.MemoryUsed != test.want.MemoryUsed || got.MemoryFree != test.want.MemoryFree {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLimitsHere(t *testing.T) {
	l, err := ReadLimits()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", l)
	if l.Cores <= 0 || l.Cores > float64(len(l.CPUs)) || l.MemoryFree == 0 {
		t.Errorf("%+v", l)
	}
}

func TestNoProc(t *testing.T) {
	if _, err := limitsBelow(t.TempDir(), []int{0}); err == nil {
		t.Error("no error without a /proc")
	}
}
