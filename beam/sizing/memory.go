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
	memorySettle = 20 * time.Second // after which a browser that was started has what its room needs; not sooner is it started again
)

// MemoryGuard watches memory, look by look. It is not safe for concurrent use.
type MemoryGuard struct {
	looks   []MemoryUse  // of the last memoryTrend
	started capture.Time // when the browser was started last; 0 for before the first look
	renewed bool         // it was started anew
	fresh   uint64       // what the browser needs once it has settled; 0 for not known yet
	told    bool         // of MemoryFutile
}

// Started tells that another browser was started, for whatever reason.
func (g *MemoryGuard) Started(at capture.Time) {
	g.started, g.renewed, g.fresh, g.looks = at, true, 0, nil
}

// Judge takes a look.
func (g *MemoryGuard) Judge(u MemoryUse) MemoryVerdict {
	if g.started == 0 {
		g.started = u.At
	}
	settled := u.At.Sub(g.started) >= memorySettle
	if g.fresh == 0 && u.Browser > 0 && settled {
		g.fresh = u.Browser
	}
	g.looks = slices.DeleteFunc(append(g.looks, u), func(old MemoryUse) bool {
		return u.At.Sub(old.At) > memoryTrend || old.Limit != u.Limit
	})
	switch {
	case !g.runsOut(u), g.renewed && !settled:
		return MemoryFine
	case g.worth(u):
		g.Started(u.At)
		return MemoryRenew
	case g.told, u.share(u.Used) < memoryNear && !g.trend(browserOf):
		return MemoryFine
	}
	g.told = true
	return MemoryFutile
}

// runsOut tells whether the limit is reached, or will be before the room could be
// joined again.
func (g *MemoryGuard) runsOut(u MemoryUse) bool {
	switch share := u.share(u.Used); {
	case u.Limit == 0 || share < memoryFrom:
		return false
	case share >= memoryNear:
		return true
	}
	return u.share(u.Used+g.growth(usedOf)) >= memoryLikely
}

// worth tells whether starting the browser anew gives enough back: what it has beyond
// what it needs, or most of all where it goes on growing.
func (g *MemoryGuard) worth(u MemoryUse) bool {
	grows := g.growth(browserOf)
	if grows > 0 && u.share(u.Used+grows) >= memoryLikely {
		return u.share(u.Browser) >= memoryWorth
	}
	return u.Browser > g.fresh && u.share(u.Browser-g.fresh) >= memoryWorth
}

func usedOf(u MemoryUse) uint64    { return u.Used }
func browserOf(u MemoryUse) uint64 { return u.Browser }

// since returns the first of the last looks that knows an amount.
func (g *MemoryGuard) since(of func(MemoryUse) uint64) MemoryUse {
	i := slices.IndexFunc(g.looks, func(u MemoryUse) bool { return of(u) > 0 })
	return g.looks[max(0, i)]
}

// trend tells whether an amount has been known for long enough to tell its pace.
func (g *MemoryGuard) trend(of func(MemoryUse) uint64) bool {
	then, now := g.since(of), g.looks[len(g.looks)-1]
	return of(then) > 0 && now.At.Sub(then.At) >= memoryTrend/2
}

// growth returns by how much an amount will grow within memoryAhead, at the pace of the
// last looks that know it, in bytes; 0 where that is not known.
func (g *MemoryGuard) growth(of func(MemoryUse) uint64) uint64 {
	then, now := g.since(of), g.looks[len(g.looks)-1]
	if !g.trend(of) || of(now) <= of(then) {
		return 0
	}
	return uint64(float64(of(now)-of(then)) * float64(memoryAhead) / float64(now.At.Sub(then.At)))
}
