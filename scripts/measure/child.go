package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// childGrace is what a child gets to end in order; Beam has deadlines of its
// own for each program below it, which add up to less.
const childGrace = 30 * time.Second

// command returns a command that is asked to end when ctx ends, and killed when
// it does not. It has a process group of its own: a Ctrl-C in the terminal is
// for this program, which passes it on once. Beam would take a second signal
// for an order to drop everything.
func command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = childGrace
	return cmd
}

// terminate ends a command that was started and waits for it.
func terminate(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	kill := time.AfterFunc(childGrace, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	_ = cmd.Wait() // it was told to end
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
	cmd := command(ctx, self, burnArgument)
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() {
		_ = in.Close()
		terminate(cmd)
	}, nil
}
