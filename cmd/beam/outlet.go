package main

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// outlet passes what is written on without ever blocking the writer: who reads a
// recorder's output may stop reading (a terminal held by Ctrl-S, a full pipe), or
// go away, and the meeting goes on. What waits is bounded; when it is too much the
// oldest goes, so that the end of a recording is told whatever came before. After
// an error nothing is passed on any more.
type outlet struct {
	w io.Writer

	mu      sync.Mutex
	waiting [][]byte // each as it was written
	size    int      // of those, bytes
	closed  bool
	wake    chan struct{}
	done    chan struct{} // closed when nothing is passed on any more
}

// mostWaiting bounds what an outlet holds, in bytes: an hour of events.
const mostWaiting = 1 << 20

func newOutlet(w io.Writer) *outlet {
	o := &outlet{w: w, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go o.pass()
	return o
}

// Write takes what is written; it never fails.
func (o *outlet) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return len(p), nil
	}
	o.waiting = append(o.waiting, bytes.Clone(p))
	o.size += len(p)
	for o.size > mostWaiting && len(o.waiting) > 1 {
		o.size -= len(o.waiting[0])
		o.waiting = o.waiting[1:]
	}
	o.nudge()
	return len(p), nil
}

func (o *outlet) nudge() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// pass writes what waits until the outlet is closed and nothing waits.
func (o *outlet) pass() {
	defer close(o.done)
	for {
		text, closed := o.take()
		switch {
		case len(text) > 0:
			if _, err := o.w.Write(text); err != nil {
				o.mu.Lock()
				o.closed, o.waiting = true, nil // the reader is gone
				o.mu.Unlock()
				return
			}
		case closed:
			return
		default:
			<-o.wake
		}
	}
}

// take returns all that waits.
func (o *outlet) take() (text []byte, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	text = bytes.Join(o.waiting, nil)
	o.waiting, o.size = nil, 0
	return text, o.closed
}

// end waits until all has been passed on, but no longer than the time given: a
// reader that reads nothing does not hold up the end of the program.
func (o *outlet) end(within time.Duration) {
	o.mu.Lock()
	o.closed = true
	o.nudge()
	o.mu.Unlock()
	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case <-o.done:
	case <-limit.C:
	}
}
