package procstat

import (
	"time"

	"beam/capture"
)

// Sample is what happened between two readings.
type Sample struct {
	At     capture.Time  // of the later reading
	Length time.Duration // between both

	// Idle is how many more processors this process could have kept busy: those
	// idle among the ones it may run on, and no more than its control groups
	// have left of their quotas.
	Idle float64
	// Known tells whether Idle was measured: some sandboxes (gVisor) count no
	// idle time at all.
	Known bool
	Busy  float64 // processors that anybody kept busy, of those that it may run on
	Steal float64 // processors that the hypervisor gave to others

	Throttled        time.Duration // by the control group that held back most
	ThrottledPeriods uint64        // in which it did; a period is 100 ms unless told otherwise

	Programs map[string]Activity // by name; those that do not run are left out
}

// Activity is what one program did between two readings.
type Activity struct {
	Processes int
	State     byte // of its own process, as in Process
	Stopped   int  // of its processes, by a signal or a debugger
	// CPU is the processor time of all its processes, in steps of 10 ms. 0 over
	// some seconds, of a program that has something to do, means that it hangs.
	CPU time.Duration
	// RunDelay is how long its threads (Follow tells which) could have run but
	// had no processor, added up, and LongestDelay the thread's that waited most.
	RunDelay, LongestDelay time.Duration
	Threads                int // that were asked
}

// reading is all the counters at one instant.
type reading struct {
	number   int // 1 for the first
	at       capture.Time
	cpus     map[int]cpuTimes
	groups   []cpuUse
	programs map[string]program
}

// cpuTimes are what one processor did since the boot, in seconds.
type cpuTimes struct{ busy, idle, steal float64 }

// process is one process, told from a later one with its id.
type process struct {
	pid     int
	started uint64
}

// program is one program's counters.
type program struct {
	state   byte
	stopped int
	cpu     map[process]time.Duration
	waited  map[thread]time.Duration
}

// between compares two readings.
func between(a, b reading) Sample {
	s := Sample{At: b.at, Length: b.at.Sub(a.at), Programs: map[string]Activity{}}
	seconds := s.Length.Seconds()
	if seconds <= 0 {
		return s
	}
	counted := 0.0
	for cpu, now := range b.cpus {
		then, ok := a.cpus[cpu]
		if !ok { // it was brought online meanwhile
			continue
		}
		// The kernel's idle time can go back a little (proc_stat(5)).
		s.Idle += min(1, max(0, now.idle-then.idle)/seconds)
		s.Busy += min(1, max(0, now.busy-then.busy)/seconds)
		s.Steal += min(1, max(0, now.steal-then.steal)/seconds)
		counted += now.idle
	}
	s.Known = counted > 0
	for i, now := range b.groups {
		if i >= len(a.groups) {
			break
		}
		then := a.groups[i]
		if throttled := seconds64(now.throttled - then.throttled); throttled > s.Throttled {
			s.Throttled = throttled
		}
		if now.periods > then.periods {
			s.ThrottledPeriods = max(s.ThrottledPeriods, now.periods-then.periods)
		}
		// A quota says nothing of what is left where the use is not counted.
		if now.quota > 0 && now.used > 0 {
			s.Idle = min(s.Idle, max(0, now.quota-(now.used-then.used)/seconds))
		}
	}
	for name, now := range b.programs {
		if len(now.cpu) > 0 {
			s.Programs[name] = activity(a.programs[name], now)
		}
	}
	return s
}

// activity compares two readings of one program. What began between them counts
// from its own start.
func activity(then, now program) Activity {
	a := Activity{Processes: len(now.cpu), State: now.state, Stopped: now.stopped, Threads: len(now.waited)}
	for p, cpu := range now.cpu {
		a.CPU += max(0, cpu-then.cpu[p])
	}
	for t, waited := range now.waited {
		delay := max(0, waited-then.waited[t])
		a.RunDelay += delay
		a.LongestDelay = max(a.LongestDelay, delay)
	}
	return a
}

func seconds64(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
