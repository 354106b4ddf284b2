package child

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// awaitGroup waits, for a second at most, until nothing lives in a group that
// was killed. Its members but the leader are not our children but init's, so
// they can't be waited for, only looked for.
func awaitGroup(pgid int) {
	for range 100 {
		if errors.Is(unix.Kill(-pgid, 0), unix.ESRCH) || !groupLives(pgid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// groupLives reports whether a process group has a member that is not a zombie.
// Where init reaps nobody, as in a container without one, zombies stay, but they
// hold nothing.
func groupLives(pgid int) bool {
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return true
	}
	for _, d := range procs {
		if c := d.Name()[0]; c < '0' || c > '9' {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err == nil && livesIn(stat, pgid) {
			return true
		}
	}
	return false
}

// livesIn reads one /proc/PID/stat (proc_pid_stat(5)): pid (comm) state ppid
// pgrp ..., where comm may hold blanks and parentheses itself.
func livesIn(stat []byte, pgid int) bool {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 2 && string(fields[0]) != "Z" && string(fields[0]) != "X" && string(fields[2]) == strconv.Itoa(pgid)
}
