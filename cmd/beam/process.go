package main

import "golang.org/x/sys/unix"

// keepPrivate keeps other processes, also of the same user, from reading this one's
// memory and environment (/proc/PID/mem and environ, ptrace(2)), and its memory out of
// core dumps: the bucket's keys and the room's tokens are in it (prctl(2),
// PR_SET_DUMPABLE). The programs that Beam starts are not covered, as exec ends it: they
// are given no secrets. What the kernel refuses is no reason not to record.
func keepPrivate() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
