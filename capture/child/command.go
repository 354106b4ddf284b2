package child

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Command says what is to be started and how. Path is all that it needs; the
// environment is empty then, never that of this process.
type Command struct {
	Path string   // a path, or a name to be found in PATH
	Args []string // without the program's name
	Env  []string // all of it: what Kind.Environment returned
	Dir  string   // to run in; "" for that of this process

	// Stdin, Stdout and Stderr are /dev/null when nil. An *os.File is handed to
	// the program; to and from anything else bytes are copied until the program
	// has ended. Files become its descriptors 3, 4 and so on. The caller closes
	// the files that are the program's when Start has returned.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Files          []*os.File

	Nice        int            // by how much its priority is lowered, 0 to 19
	DeathSignal syscall.Signal // what it gets when this process dies; 0 for SIGKILL

	// Grace is how long it may take to end after a SIGTERM when the context
	// ends. With 0 it is killed at once.
	Grace time.Duration
	// Linger is how long a descendant that outlives the program may hold Stdout
	// and Stderr open; 0 for 2 seconds. What it writes later is lost, and the
	// program's error is exec.ErrWaitDelay if it has no other.
	Linger time.Duration
}

// linger is the usual Command.Linger.
const linger = 2 * time.Second

// Start starts a program. When ctx ends it is killed, with its whole group;
// see Command.Grace. The error is that of exec.Cmd.Start.
func Start(ctx context.Context, c Command) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &Process{exited: make(chan struct{})}
	started := make(chan error)
	go p.run(ctx, c, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// Run starts a program and waits for its end. When ctx ends the program is
// killed and the error is that of ctx; else it is that of exec.Cmd.Run.
func Run(ctx context.Context, c Command) error {
	p, err := Start(ctx, c)
	if err == nil {
		err = p.Wait()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c Command) build() *exec.Cmd {
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir = c.Dir
	// A nil Env would stand for all variables of this process.
	cmd.Env = append([]string{}, c.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = c.Stdin, c.Stdout, c.Stderr, c.Files
	if cmd.WaitDelay = c.Linger; c.Linger == 0 {
		cmd.WaitDelay = linger
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: c.DeathSignal}
	if c.DeathSignal == 0 {
		cmd.SysProcAttr.Pdeathsig = unix.SIGKILL
	}
	return cmd
}

// run starts the command and waits for it on one thread: the kernel sends the
// death signal when the thread that started a child ends, not the process
// (prctl(2), PR_SET_PDEATHSIG).
func (p *Process) run(ctx context.Context, c Command, started chan<- error) {
	runtime.LockOSThread() // the thread ends with the goroutine
	if c.Nice > 0 {
		// The priority is this thread's, and the child inherits it
		// (setpriority(2)). Without it the program still works.
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, c.Nice)
	}
	cmd := c.build()
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	started <- nil
	stop := context.AfterFunc(ctx, func() { p.end(c.Grace) })
	defer stop()
	p.reap(cmd)
}
