package sizing

import (
	"slices"
	"time"

	"beam/capture"
)

// MemoryUse is how a recording stands with memory at an instant, in bytes.
type MemoryUse struct {
	At          capture.Time
	Limit, Used uint64 // what there is, and what of it can't be given back
	Browser     uint64 // what of that is the browser's, which starting it anew gives back
}

// share returns how much of the limit an amount is.
func (u MemoryUse) share(bytes uint64) float64 { return float64(bytes) / float64(max(1, u.Limit)) }

// MemoryVerdict is what has to be done about memory.
type MemoryVerdict int

// The verdicts.
const (
	MemoryFine   MemoryVerdict = iota
	MemoryRenew                // start the browser anew, before the kernel kills it and perhaps more
	MemoryFutile               // it runs out, and starting the browser anew would not help: told once
)

// When memory counts as running out. A room takes some seconds to be joined again, and
// nothing is gained by doing it for what comes back at once.
const (
	memoryNear   = 0.90             // of the limit
	memoryLikely = 0.97             // what it is to become within memoryAhead, at the pace of the last looks
	memoryFrom   = 0.75             // below it no pace counts: a page that loads takes much at once
	memoryAhead  = 10 * time.Second // about as long as joining takes
	memoryTrend  = 8 * time.Second  // of the looks that tell the pace
	memoryWorth  = 0.10             // of the limit: the least that starting anew has to give back
	memoryPause  = time.Minute      // between two times
	memorySettle = 20 * time.Second // after which a browser that was started has what its room needs
)

// MemoryGuard watches memory, look by look. It is not safe for concurrent use.
type MemoryGuard struct {
	looks   []MemoryUse // of the last memoryTrend
	began   capture.Time
	renewed capture.Time // when the browser was started anew last; 0 for never
	fresh   uint64       // what the browser needs once it has settled; 0 for not known yet
	told    bool         // of MemoryFutile
}

// Judge takes a look.
func (g *MemoryGuard) Judge(u MemoryUse) MemoryVerdict {
	if g.began == 0 {
		g.began = u.At
	}
	if g.fresh == 0 && u.Browser > 0 && u.At.Sub(max(g.began, g.renewed)) >= memorySettle {
		g.fresh = u.Browser
	}
	g.looks = slices.DeleteFunc(append(g.looks, u), func(old MemoryUse) bool {
		return u.At.Sub(old.At) > memoryTrend || old.Limit != u.Limit
	})
	switch {
	case !g.runsOut(u):
		return MemoryFine
	case u.Browser < g.fresh || u.share(u.Browser-g.fresh) < memoryWorth:
		if g.told {
			return MemoryFine
		}
		g.told = true
		return MemoryFutile
	case g.renewed != 0 && u.At.Sub(g.renewed) < memoryPause:
		return MemoryFine
	}
	g.renewed, g.fresh, g.looks = u.At, 0, nil
	return MemoryRenew
}

// runsOut tells whether the limit is reached, or will be before the room could be
// joined again.
func (g *MemoryGuard) runsOut(u MemoryUse) bool {
	if u.Limit == 0 || u.share(u.Used) < memoryFrom {
		return false
	}
	if u.share(u.Used) >= memoryNear {
		return true
	}
	first := g.looks[0]
	took := u.At.Sub(first.At)
	if took < memoryTrend/2 || u.Used <= first.Used {
		return false
	}
	grows := float64(u.Used-first.Used) * float64(memoryAhead) / float64(took)
	return u.share(u.Used+uint64(grows)) >= memoryLikely
}
