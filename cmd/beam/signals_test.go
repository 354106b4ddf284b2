package main

import (
	"context"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
)

// The second signal of a person ends at once; a terminal that was closed, however
// often that is told, only drains.
func TestSignals(t *testing.T) {
	const hup, term, interrupt = syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT
	for _, c := range []struct {
		name   string
		sent   []os.Signal
		drains int
		second syscall.Signal
	}{
		{"one", []os.Signal{term}, 1, 0},
		{"two", []os.Signal{interrupt, term}, 1, term},
		{"a closed terminal", []os.Signal{hup, hup, hup}, 3, 0},
		{"a closed terminal, and a stop", []os.Signal{hup, term}, 2, 0},
		{"a closed terminal, and two stops", []os.Signal{hup, term, term}, 2, term},
		{"a stop, and a closed terminal", []os.Signal{term, hup}, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				signals := make(chan os.Signal)
				drains, ended := 0, false
				second := watchSignals(ctx, signals, func() { drains++ }, func() { ended = true })
				for _, s := range c.sent {
					signals <- s
					synctest.Wait()
				}
				if drains != c.drains || second() != c.second || ended != (c.second != 0) {
					t.Errorf("drained %d times, second %v, ended %v", drains, second(), ended)
				}
			})
		})
	}
}
