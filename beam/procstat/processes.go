package procstat

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Process is one process as /proc tells of it.
type Process struct {
	PID, Parent int
	Name        string        // at most 15 bytes
	State       byte          // R, S, D, T (stopped), t (traced), Z, ... (proc_pid_stat(5))
	CPU         time.Duration // user and system time so far, of all threads, in steps of 10 ms
	Started     uint64        // clock ticks after boot; tells a process from a later one with its id
}

// Stopped tells whether the process was stopped by a signal or a debugger.
func (p Process) Stopped() bool { return p.State == 'T' || p.State == 't' }

// Processes are the processes that can be seen, by id.
type Processes map[int]Process

// tick is one of USER_HZ, 100 on every Linux that Go runs on.
const tick = time.Second / 100

// ReadProcesses reads /proc. What ends meanwhile is left out. procfs would read
// the same in more than twice the time (98 processes: 1.0 against 2.3 ms, by
// BenchmarkReadProcesses; it scans 40 fields with fmt.Fscan), and this is done
// every second.
func ReadProcesses() (Processes, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fault("read /proc", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fault("read /proc", err)
	}
	all := make(Processes, len(names))
	buf := make([]byte, 2048)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		text, err := readInto(buf, "/proc/"+name+"/stat")
		if err != nil {
			continue
		}
		if p, ok := parseStat(text); ok {
			p.PID = pid
			all[pid] = p
		}
	}
	return all, nil
}

// parseStat reads /proc/PID/stat. The name may hold blanks and brackets.
func parseStat(text []byte) (Process, bool) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return Process{}, false
	}
	p := Process{Name: string(text[open+1 : end])}
	var ticks uint64
	field := 2 // the name is the second
	for word := range bytes.FieldsSeq(text[end+1:]) {
		field++
		switch field {
		case 3:
			p.State = word[0]
		case 4:
			p.Parent = int(digits(word))
		case 14, 15:
			ticks += digits(word)
		case 22:
			p.Started = digits(word)
			p.CPU = time.Duration(ticks) * tick
			return p, true
		}
	}
	return Process{}, false
}

// digits reads an unsigned number up to the first byte that is no digit.
func digits(word []byte) (n uint64) {
	for _, c := range word {
		if c < '0' || c > '9' {
			break
		}
		n = 10*n + uint64(c-'0')
	}
	return n
}

// Tree returns the process and its descendants, but for those that are excluded
// and what is below them. It is empty when the process is not there.
func (p Processes) Tree(root int, excluded func(pid int) bool) []Process {
	return p.below(p.children(), root, excluded)
}

func (p Processes) below(children map[int][]int, root int, excluded func(int) bool) []Process {
	first, ok := p[root]
	if !ok {
		return nil
	}
	tree := []Process{first}
	for i := 0; i < len(tree); i++ {
		for _, child := range children[tree[i].PID] {
			if !excluded(child) {
				tree = append(tree, p[child])
			}
		}
	}
	return tree
}

// Forest returns the trees of some roots, by name. A root below another one is a
// tree of its own: ffmpeg is a child of Beam.
func (p Processes) Forest(roots map[string]int) map[string][]Process {
	owned := make(map[int]bool, len(roots))
	for _, pid := range roots {
		owned[pid] = true
	}
	children := p.children()
	forest := make(map[string][]Process, len(roots))
	for name, pid := range roots {
		if pid != 0 {
			forest[name] = p.below(children, pid, func(child int) bool { return owned[child] })
		}
	}
	return forest
}

func (p Processes) children() map[int][]int {
	children := make(map[int][]int, len(p))
	for pid, process := range p {
		if process.Parent != pid {
			children[process.Parent] = append(children[process.Parent], pid)
		}
	}
	return children
}

// readInto reads a small file of /proc with three system calls; os.ReadFile
// makes seven, and registers each file with the poller.
func readInto(buf []byte, path string) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n, err := retry(func() (int, error) { return unix.Read(fd, buf) })
	if err != nil {
		return nil, err
	}
	return buf[:n], nil
}

// retry does a system call again that a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
