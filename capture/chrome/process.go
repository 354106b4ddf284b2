package chrome

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a running browser: the leader of a process group of its own that
// holds all its helpers.
type process struct {
	pid    int
	stderr *tail
	exited chan struct{} // closed when the leader was waited for and its group killed

	mu     sync.Mutex
	reaped bool // the number of the group may belong to somebody else

	err error // how the leader ended; valid once exited is closed
}

// startProcess starts the browser and returns it with the two ends of its
// DevTools pipe: it reads commands from its descriptor 3 and writes answers to
// its descriptor 4.
func startProcess(path string, args, env []string, dir string) (p *process, answers, commands *os.File, err error) {
	childIn, commands, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("create the pipe for commands: %w", err)
	}
	defer childIn.Close()
	answers, childOut, err := os.Pipe()
	if err != nil {
		commands.Close()
		return nil, nil, nil, fmt.Errorf("create the pipe for answers: %w", err)
	}
	defer childOut.Close()

	p = &process{stderr: &tail{max: 16 << 10}, exited: make(chan struct{})}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = env
	cmd.ExtraFiles = []*os.File{childIn, childOut}
	cmd.Stdout, cmd.Stderr = p.stderr, p.stderr
	// A helper that escaped the group could hold the output open.
	cmd.WaitDelay = 2 * time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}

	started := make(chan error)
	go p.run(cmd, started)
	if err := <-started; err != nil {
		answers.Close()
		commands.Close()
		return nil, nil, nil, err
	}
	return p, answers, commands, nil
}

// run starts the command and waits for it on one thread: the kernel sends the
// death signal when the thread that started a child ends, not the process
// (prctl(2), PR_SET_PDEATHSIG).
func (p *process) run(cmd *exec.Cmd, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	started <- nil
	// Wait without reaping: as long as the leader is a zombie its process
	// group keeps its number, and the kill can't hit anybody else.
	for {
		err := unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
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

// kill kills the browser and all its helpers, unless it has ended.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = unix.Kill(-p.pid, unix.SIGKILL)
	}
}

// stop kills the browser unless it has ended, and waits for it and for its
// helpers to be gone.
func (p *process) stop() {
	p.kill()
	<-p.exited
	// The helpers are not our children but init's, so they can't be waited
	// for, only looked for.
	for range 100 {
		if errors.Is(unix.Kill(-p.pid, 0), unix.ESRCH) || !groupLives(p.pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// groupLives reports whether a process group has a member that is not a zombie.
// Where init reaps nobody, as in a container without one, zombies stay, but they
// hold nothing.
func groupLives(pgid int) bool {
	procs, err := os.ReadDir("/proc")
	if err != nil {
		return true
	}
	for _, d := range procs {
		if c := d.Name()[0]; c < '0' || c > '9' {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err == nil && livesIn(stat, pgid) {
			return true
		}
	}
	return false
}

// livesIn reads one /proc/PID/stat (proc_pid_stat(5)): pid (comm) state ppid
// pgrp ..., where comm may hold blanks and parentheses itself.
func livesIn(stat []byte, pgid int) bool {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(fields) > 2 && string(fields[0]) != "Z" && string(fields[0]) != "X" && string(fields[2]) == strconv.Itoa(pgid)
}

// cause returns how the browser ended, as an error.
func (p *process) cause() error {
	if p.err == nil {
		return errors.New("it exited")
	}
	return p.err
}
