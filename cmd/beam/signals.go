package main

import (
	"context"
	"os"
	"sync/atomic"
	"syscall"
)

// watchSignals calls drain on the first signal and giveUp on the second. The
// returned function tells which signal was the second, 0 for none. It watches
// until ctx ends.
func watchSignals(ctx context.Context, signals <-chan os.Signal, drain, giveUp func()) func() syscall.Signal {
	var second atomic.Int32
	go func() {
		for n := 0; ; n++ {
			select {
			case <-ctx.Done():
				return
			case s := <-signals:
				if n == 0 {
					drain()
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
