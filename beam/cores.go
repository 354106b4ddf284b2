package beam

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// availableCores returns the processors that this process may keep busy: those
// it may run on, less where a cgroup gives it a smaller quota (cgroup v2
// cpu.max, cgroup v1 cpu.cfs_quota_us).
func availableCores() float64 {
	cores := float64(runtime.NumCPU())
	if text, err := os.ReadFile("/sys/fs/cgroup/cpu.max"); err == nil {
		if quota, ok := parseCPUMax(string(text)); ok {
			return min(cores, quota)
		}
	}
	quota, err1 := readNumber("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
	period, err2 := readNumber("/sys/fs/cgroup/cpu/cpu.cfs_period_us")
	if err1 == nil && err2 == nil && quota > 0 && period > 0 {
		return min(cores, quota/period)
	}
	return cores
}

// parseCPUMax reads "QUOTA PERIOD" in microseconds; QUOTA is "max" for none.
func parseCPUMax(text string) (cores float64, limited bool) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0, false
	}
	quota, err1 := strconv.ParseFloat(fields[0], 64)
	period, err2 := strconv.ParseFloat(fields[1], 64)
	if err1 != nil || err2 != nil || quota <= 0 || period <= 0 {
		return 0, false
	}
	return quota / period, true
}

func readNumber(path string) (float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
}
