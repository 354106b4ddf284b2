package main

import (
	"context"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"beam/capture/child"
)

// childGrace is what a child gets to end in order; Beam has deadlines of its
// own for each program below it, which add up to less.
const childGrace = 30 * time.Second

// command returns a command that is asked to end when its context ends or this
// program dies, and killed when it does not. It has the environment of this
// program, as a user's Beam would. Its process group is its own: a Ctrl-C in the
// terminal is for this program, which passes it on once. Beam would take a second
// signal for an order to drop everything.
func command(path string, args ...string) child.Command {
	return child.Command{Path: path, Args: args, Env: os.Environ(), Grace: childGrace, DeathSignal: syscall.SIGTERM, Linger: childGrace}
}

// terminate ends a program and waits for it.
func terminate(ctx context.Context, p *child.Process) {
	p.Stop(context.WithoutCancel(ctx), childGrace)
}

// burnArgument makes this program the busy neighbour.
const burnArgument = "keep-one-core-busy"

// burn keeps one core busy until standard input ends, as it does when the
// program that measures is gone, however it went.
func burn() {
	runtime.GOMAXPROCS(2) // one for the loop, one to notice the end
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for n := uint64(1); ; n = n*6364136223846793005 + 1442695040888963407 {
		if n == 0 {
			os.Exit(1) // so that the loop has a use
		}
	}
}

// startBurning starts a process that keeps one core busy and returns what ends
// it.
func startBurning(ctx context.Context) (end func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	theirs, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	c := command(self, burnArgument)
	c.Stdin = theirs
	p, err := child.Start(ctx, c)
	if err != nil {
		in.Close()
		return nil, err
	}
	return func() {
		in.Close()
		terminate(ctx, p)
	}, nil
}
