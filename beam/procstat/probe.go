package procstat

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"beam/capture"
)

// Speed is how fast the machine was when Probe looked.
type Speed struct {
	FaultNs   float64 // nanoseconds for a page fault on fresh anonymous memory, 4 KiB
	CopyGBs   float64 // 10^9 bytes a second, copied by one thread
	ComputeNs float64 // nanoseconds for a round of the integer loop, one thread
	// Pair is how much more two threads compute side by side than one alone: 2 on
	// two cores, 1.0 to 1.4 on two threads of one core, 1 where two never run at
	// the same time.
	Pair float64

	// Factor is how much longer the work of a recording that computes (Chrome's
	// page, conversion, encoding) takes here than on the reference machine, and
	// ScreencastFactor the same for frames that Chrome copies, compresses and
	// sends itself, which takes fresh memory for each. 2 is twice as long.
	Factor, ScreencastFactor float64

	Took time.Duration // that the probe itself took
}

// The reference machine: a virtual machine with two threads of an AMD EPYC and
// Linux 6.18; medians of TestProbe -count 10, usually the same within some per cent while other
// programs kept both busy. Its page faults are slow (1.5 to 18 us, by the hour):
// the reference is what they usually cost.
const (
	referenceFaultNs   = 200
	referenceCopyGBs   = 56
	referenceComputeNs = 2.05
)

// The parts of a frame's work. A machine with page faults of 9 to 18 us took
// 1.06 cores for 1280x720 at 30 a second from the X server and 1.98 cores at 8 a
// second by screencast, one with 0.2 us 0.60 and 0.82 at 29.9: that is about 700
// and 17000 faults a frame, 0.7 and 12 % of its work where a fault costs 0.2 us.
// What copying takes is a guess.
var (
	grabParts       = parts{fault: 0.007, copied: 0.143}
	screencastParts = parts{fault: 0.12, copied: 0.18}
)

// parts are shares of the work; the rest is computing.
type parts struct{ fault, copied float64 }

// factor returns how much longer work takes than on the reference machine.
func (p parts) factor(s Speed) float64 {
	return p.fault*s.FaultNs/referenceFaultNs + p.copied*referenceCopyGBs/s.CopyGBs +
		(1-p.fault-p.copied)*s.ComputeNs/referenceComputeNs
}

const (
	pageSize = 4096 // on the machines that Beam runs on; a larger page makes a fault dearer, which is true

	// A probe looks at so much at most: 8 MiB, and 12 ms of faults.
	maxPages   = 2048
	faultPages = 64 // in a row between two looks at the clock
	faultTime  = 12 * time.Millisecond
	copyTime   = 3 * time.Millisecond
	loopTime   = 4 * time.Millisecond
	pairTime   = 8 * time.Millisecond
	pairLooks  = 200   // of each thread; more would add nothing
	loopRounds = 5_000 // in a row, 10 us on the reference machine
)

// Probe measures the machine for 10 to 40 ms, with two threads for 2 to 8 of them.
// Each figure is the median of short looks, so that a moment in which the
// machine is taken away does not show; a neighbour that stays does, as it will
// in the recording. It returns early, with ctx's error, when ctx ends. Another
// error is a capture.Fault of the class environment: no memory.
func Probe(ctx context.Context) (Speed, error) {
	start := time.Now()
	memory, err := unix.Mmap(-1, 0, maxPages*pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return Speed{}, &capture.Fault{Class: capture.ClassEnvironment, Op: "measure the machine", Err: err}
	}
	defer func() { _ = unix.Munmap(memory) }()
	// With huge pages one fault would bring 2 MiB. A kernel without them refuses.
	_ = unix.Madvise(memory, unix.MADV_NOHUGEPAGE)

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var s Speed
	var touched int
	steps := []func(){
		func() { s.FaultNs, touched = faults(memory) },
		func() { s.CopyGBs = copying(memory[:touched]) },
		func() { s.ComputeNs = computing() },
		func() { s.Pair = pair(affinity(), s.ComputeNs) },
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return Speed{}, err
		}
		step()
	}
	s.Factor, s.ScreencastFactor = grabParts.factor(s), screencastParts.factor(s)
	s.Took = time.Since(start)
	return s, nil
}

// faults touches the pages one after the other, until faultTime is over, and
// returns what one costs and how many bytes were touched.
func faults(memory []byte) (nanoseconds float64, touched int) {
	var looks []time.Duration
	begin := time.Now()
	for last := begin; touched < len(memory) && last.Sub(begin) < faultTime; {
		for range faultPages {
			memory[touched] = 1
			touched += pageSize
		}
		now := time.Now()
		looks = append(looks, now.Sub(last))
		last = now
	}
	return float64(middle(looks)) / faultPages, touched
}

// copying copies one half of the memory to the other: up to 4 MiB, about a
// frame, and more than a core's own cache.
func copying(memory []byte) (gigabytes float64) {
	half := len(memory) / 2
	looks := repeat(copyTime, func() { copy(memory[half:], memory[:half]) })
	return float64(half) / float64(max(1, middle(looks))) // bytes a nanosecond
}

func computing() (nanoseconds float64) {
	looks := repeat(loopTime, func() { sink.Store(compute(loopRounds)) })
	return float64(middle(looks)) / loopRounds
}

// pair computes on the first two processors, and returns how much they do
// together, while they run side by side, against one thread that takes alone
// nanoseconds for a round. It is 1 when they never do.
func pair(cpus []int, alone float64) float64 {
	if len(cpus) < 2 {
		return 1
	}
	var looks [2][]time.Duration
	var ended [2]atomic.Int64 // when a thread's last look ended, since begin
	var both sync.WaitGroup
	// One core's threads slow each other down to half at worst, so a look that
	// took longer than this was interrupted, or the other thread was.
	limit := time.Duration(4 * alone * loopRounds)
	begin := time.Now()
	for i := range looks {
		both.Go(func() {
			// Left alone, two new threads may begin on one processor. The thread
			// is never unlocked, so that it ends with its goroutine, and with it
			// the tie.
			runtime.LockOSThread()
			var one unix.CPUSet
			one.Set(cpus[i])
			_ = unix.SchedSetaffinity(0, &one) // where it is refused the kernel's choice has to do
			for last := time.Duration(0); last < pairTime && len(looks[i]) < pairLooks; {
				sink.Store(compute(loopRounds))
				now := time.Since(begin)
				other := time.Duration(ended[1-i].Load())
				if other > 0 && now-other < limit && now-last < limit {
					looks[i] = append(looks[i], now-last)
				}
				ended[i].Store(int64(now))
				last = now
			}
		})
	}
	both.Wait()
	if len(looks[0]) == 0 || len(looks[1]) == 0 {
		return 1
	}
	sum := 0.0
	for _, l := range looks {
		// A neighbour that left meanwhile makes two threads look like three.
		sum += min(1, alone*loopRounds/float64(max(1, middle(l))))
	}
	return sum
}

// repeat does something for so long, but once at least, and returns how long
// each time took.
func repeat(length time.Duration, do func()) (looks []time.Duration) {
	begin := time.Now()
	for last := begin; len(looks) == 0 || last.Sub(begin) < length; {
		do()
		now := time.Now()
		looks = append(looks, now.Sub(last))
		last = now
	}
	return looks
}

// middle reorders d; there must be one.
func middle(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
