package main

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
)

// watchSignals calls drain on the first signal and giveUp on the second. A
// terminal that was closed is none of those who want it at once: SIGHUP, which may
// come several times, only drains. The returned function tells which signal was
// the second, 0 for none. It watches until ctx ends.
func watchSignals(ctx context.Context, signals <-chan os.Signal, drain, giveUp func()) func() syscall.Signal {
	var second atomic.Int32
	go func() {
		draining := false
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				if !draining || s == syscall.SIGHUP {
					drain()
					draining = draining || s != syscall.SIGHUP
					continue
				}
				number, _ := s.(syscall.Signal)
				second.Store(int32(number))
				giveUp()
				return
			}
		}
	}()
	return func() syscall.Signal { return syscall.Signal(second.Load()) }
}
