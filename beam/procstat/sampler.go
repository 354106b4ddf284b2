package procstat

import (
	"os"
	"slices"
	"strconv"
	"time"

	"beam/capture"
)

// AudioThreads are the threads that a sound passes in Chromium 156, by name
// (the kernel cuts it to 15 bytes): the renderer's, which mixes what the page
// plays, and those of libpulse in the audio service. They were found by playing
// a tone; the AudioThread of older versions has become one of a pool.
var AudioThreads = []string{"AudioOutputDevi", "threaded-ml"}

// Sampler reads, second by second, what the machine has left for this process
// and what the programs that it follows get. It is not safe for concurrent use.
type Sampler struct {
	control control
	cpus    []int
	follows map[string]*follow
	last    reading
}

// follow is one program that is followed.
type follow struct {
	pid   func() int
	names []string // of the threads whose waiting counts; nil for all
	known map[thread]*look
}

// thread is one thread of one process.
type thread struct{ pid, tid int }

// look is what is known of a thread that was asked for its name.
type look struct {
	wanted bool
	looks  int
	seen   int // the reading that saw the thread last
}

// A thread gets its name a moment after it starts, so it is asked this often.
const nameLooks = 3

// NewSampler returns a sampler that follows nothing yet. An error is a
// capture.Fault of the class environment.
func NewSampler() (*Sampler, error) {
	c, err := controlBelow("/")
	if err != nil {
		return nil, err
	}
	return &Sampler{control: c, cpus: affinity(), follows: map[string]*follow{}}, nil
}

// Follow adds a program: the process tree below the process whose id pid
// returns at each sample, 0 while it does not run. A program below another one
// is not counted twice. With names, only threads of these names are asked how
// long they waited for a processor (AudioThreads); else all are.
func (s *Sampler) Follow(name string, pid func() int, names ...string) {
	s.follows[name] = &follow{pid: pid, names: names, known: map[thread]*look{}}
}

// Sample returns what happened since the last call; the first one returns
// ok false. It costs about 0.01 ms a process that can be seen and as much a
// thread that is followed. An error is a capture.Fault of the class environment.
func (s *Sampler) Sample() (sample Sample, ok bool, err error) {
	now, err := s.read()
	if err != nil {
		return Sample{}, false, err
	}
	last := s.last
	s.last = now
	if last.number == 0 {
		return Sample{}, false, nil
	}
	return between(last, now), true, nil
}

// read takes all the counters.
func (s *Sampler) read() (reading, error) {
	r := reading{number: s.last.number + 1, at: capture.Now(), cpus: map[int]cpuTimes{}, programs: map[string]program{}}
	stat, err := s.control.proc.Stat()
	if err != nil {
		return r, fault("read /proc/stat", err)
	}
	for _, cpu := range s.cpus {
		if c, ok := stat.CPU[int64(cpu)]; ok {
			r.cpus[cpu] = cpuTimes{
				busy:  c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ,
				idle:  c.Idle + c.Iowait,
				steal: c.Steal,
			}
		}
	}
	for _, g := range s.control.cpu {
		r.groups = append(r.groups, g.cpu(s.control.files, s.control.accounts))
	}
	all, err := ReadProcesses()
	if err != nil {
		return r, err
	}
	roots := make(map[string]int, len(s.follows))
	for name, f := range s.follows {
		roots[name] = f.pid()
	}
	buf := make([]byte, 256)
	for name, tree := range all.Forest(roots) {
		r.programs[name] = s.follows[name].read(tree, r.number, buf)
	}
	return r, nil
}

// read takes the counters of one program.
func (f *follow) read(tree []Process, number int, buf []byte) program {
	p := program{cpu: map[process]time.Duration{}, waited: map[thread]time.Duration{}}
	for i, one := range tree {
		if i == 0 {
			p.state = one.State
		}
		if one.Stopped() {
			p.stopped++
		}
		p.cpu[process{one.PID, one.Started}] = one.CPU
		for _, t := range threadsOf(one.PID) {
			if !f.wants(t, number, buf) {
				continue
			}
			if waited, ok := runDelay(t, buf); ok {
				p.waited[t] = waited
			}
		}
	}
	for t, l := range f.known {
		if l.seen != number {
			delete(f.known, t)
		}
	}
	return p
}

// wants tells whether a thread's waiting counts.
func (f *follow) wants(t thread, number int, buf []byte) bool {
	if len(f.names) == 0 {
		return true
	}
	l := f.known[t]
	if l == nil {
		l = &look{}
		f.known[t] = l
	}
	l.seen = number
	if !l.wanted && l.looks < nameLooks {
		l.looks++
		name, err := readInto(buf, t.path()+"/comm")
		l.wanted = err == nil && len(name) > 0 && slices.Contains(f.names, string(name[:len(name)-1]))
	}
	return l.wanted
}

func (t thread) path() string {
	return "/proc/" + strconv.Itoa(t.pid) + "/task/" + strconv.Itoa(t.tid)
}

// threadsOf returns a process's threads, none when it has ended.
func threadsOf(pid int) []thread {
	dir, err := os.Open("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // the process may be ending
	threads := make([]thread, 0, len(names))
	for _, name := range names {
		if tid, err := strconv.Atoi(name); err == nil {
			threads = append(threads, thread{pid, tid})
		}
	}
	return threads
}

// runDelay returns how long a thread has waited on a run queue so far: the
// second number of schedstat (Documentation/scheduler/sched-stats.rst), in
// nanoseconds. A process's own schedstat is its first thread's alone.
func runDelay(t thread, buf []byte) (time.Duration, bool) {
	text, err := readInto(buf, t.path()+"/schedstat")
	if err != nil {
		return 0, false
	}
	return parseRunDelay(text)
}

func parseRunDelay(text []byte) (time.Duration, bool) {
	for i, c := range text {
		if c == ' ' && i+1 < len(text) {
			return time.Duration(digits(text[i+1:])), true
		}
	}
	return 0, false
}
