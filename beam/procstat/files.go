package procstat

import (
	"golang.org/x/sys/unix"
)

// RaiseFiles lets this process, and the programs that it starts from now on, have so
// many files open at once, or as many as the hard limit allows, and returns how many
// that are. A higher soft limit stays. Go raises its own process's by itself, but
// starts children with what was there before, unless the program sets it too.
func RaiseFiles(wanted uint64) (limit uint64, err error) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0, err
	}
	r.Cur = filesLimit(r.Cur, r.Max, wanted)
	return r.Cur, unix.Setrlimit(unix.RLIMIT_NOFILE, &r)
}

// mostFiles bounds the limit that children get: some programs close every number up to
// it when they start, and a container engine may allow a thousand million.
const mostFiles = 1 << 16

// filesLimit returns the soft limit to set.
func filesLimit(soft, hard, wanted uint64) uint64 {
	return min(max(soft, wanted), max(wanted, mostFiles), hard)
}
