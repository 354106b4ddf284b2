package child

import (
	"context"
	"errors"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a program that was started: the leader of a process group that
// holds all it started, but for what left the group. Its methods may be called
// from any goroutine, before and after its end.
type Process struct {
	pid    int
	exited chan struct{}
	err    error // how it ended; valid once exited is closed

	mu     sync.Mutex
	reaped bool // the number of the group may belong to somebody else
}

// reap waits for the leader, kills what is left of its group, and only then lets
// the kernel forget it: as long as the leader is a zombie its group keeps its
// number, and the kill can't hit anybody else.
func (p *Process) reap(cmd *exec.Cmd) {
	for {
		// Errors other than EINTR can't happen to a child of ours; Wait below
		// would report them.
		if err := unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	p.mu.Lock()
	_ = unix.Kill(-p.pid, unix.SIGKILL)
	p.reaped = true
	p.mu.Unlock()
	p.err = cmd.Wait()
	close(p.exited)
}

// PID returns the program's process id, which is the number of its group too.
func (p *Process) PID() int { return p.pid }

// Exited is closed when the program has been waited for, its group was killed
// and what it wrote has been taken.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Wait waits for the end and returns how the program ended, as exec.Cmd.Wait
// does: nil for the exit status 0. It may be called any number of times.
func (p *Process) Wait() error {
	<-p.exited
	return p.err
}

// errOrderly is the cause of an end with the exit status 0.
var errOrderly = errors.New("exit status 0")

// Cause waits for the end and returns it as an error also when it was an orderly
// one, for a program that is not to end by itself.
func (p *Process) Cause() error {
	if err := p.Wait(); err != nil {
		return err
	}
	return errOrderly
}

// Signal sends to the whole group, unless the program has ended.
func (p *Process) Signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = unix.Kill(-p.pid, sig) // it may be ending just now
	}
}

// Kill kills the whole group at once, unless the program has ended. It does not
// wait.
func (p *Process) Kill() { p.Signal(unix.SIGKILL) }

// Stop asks the program to end, kills it when patience or ctx is over, and
// returns when it and its group are gone.
func (p *Process) Stop(ctx context.Context, patience time.Duration) {
	p.terminate()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.exited:
	case <-timer.C:
	case <-ctx.Done():
	}
	p.KillAndWait()
}

// KillAndWait kills the group and returns when it is gone.
func (p *Process) KillAndWait() {
	p.Kill()
	<-p.exited
	awaitGroup(p.pid)
}

// end ends the program as the end of a context wants it.
func (p *Process) end(grace time.Duration) {
	if grace > 0 {
		p.terminate()
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-p.exited:
		case <-timer.C:
		}
	}
	p.Kill()
}

func (p *Process) terminate() {
	p.Signal(unix.SIGTERM)
	// A stopped process gets it when it goes on; SIGKILL it would get anyway.
	p.Signal(unix.SIGCONT)
}
