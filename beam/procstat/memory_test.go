package procstat

import (
	"os"
	"testing"
)

func TestMemory(t *testing.T) {
	const v1Mount = "36 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	for name, c := range map[string]struct {
		cgroup, mountinfo string
		files             map[string]string
		want              Memory
	}{
		// 16000000 kB, of which 8192000 kB can be had.
		"no limit": {"0::/\n", unifiedMount, nil, Memory{Limit: 16000000 << 10, Used: 7808000 << 10}},
		"a container": {"0::/\n", unifiedMount, map[string]string{
			"sys/fs/cgroup/memory.max":     "1500000000\n",
			"sys/fs/cgroup/memory.current": "2000000000\n",
			"sys/fs/cgroup/memory.stat":    "anon 700000000\nfile 1300000000\nshmem 100000000\ninactive_file 800000000\nactive_file 300000000\nslab_reclaimable 50000000\n",
			"sys/fs/cgroup/memory.events":  "low 0\nhigh 7\nmax 3\noom 1\noom_kill 2\noom_group_kill 0\n",
		}, Memory{Limit: 1500000000, Used: 850000000, Group: true, Slowed: 7, Full: 3, Killed: 2}},
		// The pod's group is nearer to its limit than the container's.
		"nested": {"0::/pod/beam\n", unifiedMount, map[string]string{
			"sys/fs/cgroup/pod/memory.max":          "1000000000\n",
			"sys/fs/cgroup/pod/memory.current":      "950000000\n",
			"sys/fs/cgroup/pod/memory.events":       "high 9\nmax 9\noom_kill 9\n",
			"sys/fs/cgroup/pod/beam/memory.max":     "max\n",
			"sys/fs/cgroup/pod/beam/memory.high":    "900000000\n",
			"sys/fs/cgroup/pod/beam/memory.current": "450000000\n",
			"sys/fs/cgroup/pod/beam/memory.events":  "high 1\nmax 0\noom_kill 0\n",
		}, Memory{Limit: 1000000000, Used: 950000000, Group: true, Slowed: 1}},
		"v1": {"4:memory:/docker/ab\n", v1Mount, map[string]string{
			"sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/docker/ab/memory.usage_in_bytes": "1073000000\n",
			"sys/fs/cgroup/memory/docker/ab/memory.stat":           "inactive_file 5\ntotal_inactive_file 100000000\ntotal_active_file 73000000\n",
			"sys/fs/cgroup/memory/docker/ab/memory.failcnt":        "12\n",
			"sys/fs/cgroup/memory/docker/ab/memory.oom_control":    "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
		}, Memory{Limit: 1073741824, Used: 900000000, Group: true, Full: 12, Killed: 1}},
		// A group may have a limit that the machine itself does not have left.
		"the machine is nearer": {"0::/\n", unifiedMount, map[string]string{
			"sys/fs/cgroup/memory.max": "64000000000\n", "sys/fs/cgroup/memory.current": "1000000\n",
		}, Memory{Limit: 16000000 << 10, Used: 7808000 << 10}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"proc/meminfo": "MemTotal: 16000000 kB\nMemFree: 1000 kB\nMemAvailable: 8192000 kB\n"}
			for path, text := range c.files {
				files[path] = text
			}
			r, err := memoryBelow(system(t, c.cgroup, c.mountinfo, files))
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Read(); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestTreeMemory(t *testing.T) {
	if own := TreeMemory(os.Getpid()); own < 1<<20 || own > 8<<30 {
		t.Errorf("this process has %d bytes", own)
	}
	if none := TreeMemory(0); none != 0 {
		t.Errorf("no process has %d bytes", none)
	}
}
