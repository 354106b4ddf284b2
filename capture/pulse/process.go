package pulse

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a child in a process group of its own that dies with Beam.
type process struct {
	cmd  *exec.Cmd
	pid  int
	tail *tail
	done chan struct{}
	err  error // set before done is closed
}

// startProcess starts path; the child is killed when ctx ends.
func startProcess(ctx context.Context, path string, args, env []string) (*process, error) {
	p := &process{tail: &tail{}, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, path, args...)
	p.cmd.Env = env
	p.cmd.Stderr = p.tail
	// Its own group, so that a terminal's Ctrl-C doesn't reach it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.WaitDelay = time.Second
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run starts the process and stays with it: Pdeathsig is sent when the thread
// that started the process ends, so this goroutine keeps its thread.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread() // released with the goroutine
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = p.cmd.Process.Pid
	started <- nil
	p.err = p.cmd.Wait()
	close(p.done)
}

// result returns how the process ended; never nil. Only after done.
func (p *process) result() error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// signal sends to the whole group, unless the process has been waited for and
// its id may be somebody else's.
func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.pid, sig) // it may be ending just now
	}
}

func (p *process) kill() { p.signal(syscall.SIGKILL) }

// stop asks the process to end, kills it when patience or ctx is over, and
// returns when it is gone.
func (p *process) stop(ctx context.Context, patience time.Duration) {
	p.signal(syscall.SIGTERM)
	// A stopped process gets it when it goes on; SIGKILL it would get anyway.
	p.signal(syscall.SIGCONT)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	p.kill()
	<-p.done
}
