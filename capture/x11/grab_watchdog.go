package x11

import (
	"sync"
	"time"
)

// watchdog calls bite, once, when it hasn't been stopped for the limit. It
// counts slices of the limit instead of looking at one instant: when this
// process itself was stopped or starved for longer than that, the slice is over
// when it wakes, and whatever is waited for has the others to arrive in.
type watchdog struct {
	mu    sync.Mutex
	slice time.Duration
	left  int // slices; 0 when there is nothing more to do
	timer *time.Timer
	bite  func()
}

const watchdogSlices = 4

func startWatchdog(limit time.Duration, bite func()) *watchdog {
	w := &watchdog{slice: limit / watchdogSlices, left: watchdogSlices, bite: bite}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.slice, w.tick)
	return w
}

func (w *watchdog) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left == 0 {
		return
	}
	if w.left--; w.left == 0 {
		w.bite()
		return
	}
	w.timer.Reset(w.slice)
}

// stop returns when bite can't be called any more.
func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = 0
	w.timer.Stop()
}
