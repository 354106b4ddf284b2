package beam

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"beam/beam/procstat"
	"beam/beam/report"
	"beam/beam/sizing"
	"beam/capture"
)

// memoryKeeper watches the memory of the recording, and has the browser started anew
// before the kernel kills it, or all of the group with it. Its methods may be called
// from any goroutine.
type memoryKeeper struct {
	reader  *procstat.MemoryReader
	most    uint64 // that the recording's programs may have, by the user; 0 for no such limit
	browser func() int
	renew   chan<- error // gets why the browser is to be started anew
	notice  func(format string, args ...any)

	mu      sync.Mutex
	started procstat.Memory // when the recording began
	worst   procstat.Memory // the look with most of its limit in use
	last    procstat.Memory
	renewed int
}

const (
	memoryLook = time.Second
	// treeLook is how often the programs' own memory is read, and treeFrom from which
	// share of the limit on: it takes the kernel some milliseconds.
	treeLook = 2 * time.Second
	treeFrom = 0.7
)

// run looks once a second until ctx ends.
func (k *memoryKeeper) run(ctx context.Context) {
	tick := time.NewTicker(memoryLook)
	defer tick.Stop()
	guard := &sizing.MemoryGuard{}
	own := &sizing.MemoryGuard{}
	began := k.reader.Read()
	k.mu.Lock()
	k.started, k.last = began, began
	k.mu.Unlock()
	var tree capture.Time // when the programs' own memory was read last
	pid := k.browser()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := capture.Now()
		if p := k.browser(); p != pid && p != 0 {
			pid = p
			guard.Started(now)
			own.Started(now)
		}
		m := k.reader.Read()
		k.observe(m)
		use := sizing.MemoryUse{At: now, Limit: m.Limit, Used: m.Used}
		if m.Share() < treeFrom && k.most == 0 {
			guard.Judge(use)
			continue
		}
		if now.Sub(tree) < treeLook {
			continue
		}
		tree = now
		use.Browser = procstat.TreeMemory(k.browser())
		k.judge(guard, use, where(m))
		if k.most > 0 {
			all := procstat.TreeMemory(os.Getpid())
			k.judge(own, sizing.MemoryUse{At: now, Limit: k.most, Used: all, Browser: use.Browser}, "--max-memory")
		}
	}
}

// where names the limit.
func where(m procstat.Memory) string {
	if m.Group {
		return "the control group"
	}
	return "the machine"
}

// judge carries out what a guard decides.
func (k *memoryKeeper) judge(guard *sizing.MemoryGuard, use sizing.MemoryUse, limit string) {
	const mb = 1 << 20
	text := fmt.Sprintf("%d of %d MB of %s are in use, %d of them by the browser", use.Used/mb, use.Limit/mb, limit, use.Browser/mb)
	switch guard.Judge(use) {
	case sizing.MemoryRenew:
		select {
		case k.renew <- fmt.Errorf("%s", text):
			k.mu.Lock()
			k.renewed++
			k.mu.Unlock()
		default: // it is being done
		}
	case sizing.MemoryFutile:
		k.notice("memory is running out, and starting the browser anew would not help: %s", text)
	}
}

// observe keeps a look for the report, and tells of processes that were killed.
func (k *memoryKeeper) observe(m procstat.Memory) {
	k.mu.Lock()
	killed := m.Killed - min(m.Killed, k.last.Killed)
	k.last = m
	if m.Share() >= k.worst.Share() {
		k.worst = m
	}
	k.mu.Unlock()
	if killed > 0 {
		k.notice("the kernel killed %d processes of this control group for want of memory", killed)
	}
}

// report returns how the recording stood with memory.
func (k *memoryKeeper) report() report.Memory {
	k.mu.Lock()
	defer k.mu.Unlock()
	return memoryReport(k.started, k.worst, k.last, k.renewed)
}

// memoryReport says what happened between two looks.
func memoryReport(started, worst, last procstat.Memory, renewed int) report.Memory {
	const mb = 1 << 20
	since := func(now, then uint64) int { return int(now - min(now, then)) }
	return report.Memory{
		LimitMB: report.Round(float64(worst.Limit)/mb, 1), UsedMB: report.Round(float64(worst.Used)/mb, 1), Group: worst.Group,
		Slowed: since(last.Slowed, started.Slowed), Full: since(last.Full, started.Full), Killed: since(last.Killed, started.Killed), Renewed: renewed,
	}
}
