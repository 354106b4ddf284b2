package ffmpeg

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"beam/capture"
)

// Find returns the path of ffmpeg: path itself if it is not empty, else the one
// in PATH. It returns a capture.Fault of the class environment when there is
// none.
func Find(path string) (string, error) {
	if path == "" {
		path = "ffmpeg"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", &capture.Fault{Class: capture.ClassEnvironment, Op: "find ffmpeg", Err: err,
			Hint: "install it (Debian: apt-get install ffmpeg), or name it in BEAM_FFMPEG"}
	}
	return found, nil
}

// Options of Start.
type Options struct {
	Path   string    // of ffmpeg
	Args   []string  // what Args returned
	Output io.Writer // gets the MP4 as ffmpeg writes it; an error of it ends the process
	Env    []string  // added to the environment: XAUTHORITY for a grab
	Nice   int       // by how much its priority is lowered, 0 to 19
	Log    *slog.Logger
}

// Process is a running ffmpeg. Its methods may be called from any goroutine.
type Process struct {
	cmd      *exec.Cmd
	stdin    io.WriteCloser
	tail     *tail
	progress progressReader
	copier   sync.WaitGroup

	mu        sync.Mutex
	outputErr error

	done chan struct{}
	err  error // set before done is closed
}

// Start starts ffmpeg. It is killed when ctx ends; that is the hard way, Stop
// and closing the input are the ordinary ones. The caller has to call Wait.
func Start(ctx context.Context, o Options) (*Process, error) {
	p := &Process{tail: newTail(40), done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, o.Path, o.Args...)
	p.cmd.Env = append(os.Environ(), o.Env...)
	// A terminal's Ctrl-C goes to the whole foreground group; ffmpeg is to end
	// when Beam has drained, not before.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = p.tail
	// Descendants can't hold the pipes for ever.
	p.cmd.WaitDelay = 5 * time.Second

	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fault("start ffmpeg", err, nil)
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fault("start ffmpeg", err, nil)
	}
	progress, progressEnd, err := os.Pipe()
	if err != nil {
		return nil, fault("start ffmpeg", err, nil)
	}
	p.cmd.ExtraFiles = []*os.File{progressEnd}

	started := make(chan error)
	go p.run(started, stdout, progress, o)
	err = <-started
	progressEnd.Close()
	if err != nil {
		progress.Close()
		return nil, fault("start ffmpeg", err, nil)
	}
	o.Log.Debug("ffmpeg started", "pid", p.cmd.Process.Pid)
	return p, nil
}

// run starts the process and stays with it: Pdeathsig counts from the end of
// the thread that started the process, so this goroutine keeps its thread.
func (p *Process) run(started chan<- error, stdout io.Reader, progress *os.File, o Options) {
	defer close(p.done)
	runtime.LockOSThread() // the thread ends with the goroutine
	if o.Nice > 0 {
		// The priority is this thread's, and ffmpeg inherits it (setpriority(2)).
		// Without it ffmpeg still encodes.
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, o.Nice)
	}
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.copier.Go(func() {
		p.progress.read(progress)
		progress.Close()
	})
	p.copier.Go(func() {
		if _, err := io.Copy(o.Output, stdout); err != nil {
			p.mu.Lock()
			p.outputErr = err
			p.mu.Unlock()
			p.kill()
		}
	})
	p.copier.Wait()
	p.err = p.verdict(p.cmd.Wait())
	p.stdin.Close()
}

// verdict turns the process's end into an error, nil for an orderly one.
func (p *Process) verdict(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.outputErr != nil {
		return fault("write the recording", p.outputErr, nil)
	}
	if err == nil {
		return nil
	}
	return fault("encode", err, p.tail.lines())
}

// Write sends bytes of the Matroska stream to ffmpeg; it blocks while ffmpeg
// does not read.
func (p *Process) Write(b []byte) (int, error) { return p.stdin.Write(b) }

// CloseInput tells ffmpeg that the stream has ended; ffmpeg then finishes by
// itself.
func (p *Process) CloseInput() error { return p.stdin.Close() }

// Kill ends ffmpeg at once; what it had not written is lost.
func (p *Process) Kill() { p.kill() }

func (p *Process) kill() { p.signal(syscall.SIGKILL) }

func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		// The group has the process's own id, and the process is not reaped
		// before done is about to close.
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
}

// PID returns ffmpeg's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when ffmpeg has ended and all its output has been taken.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end. The error is nil when ffmpeg ended in order, else a
// capture.Fault of the class encoder with the end of ffmpeg's log.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Progress returns what ffmpeg last told.
func (p *Process) Progress() Progress { return p.progress.last() }

// fault makes the error of this package: the cause, the end of ffmpeg's log and
// a hint drawn from both.
func fault(op string, err error, log []string) error {
	hint := hintFor(err, log)
	if len(log) > 0 {
		err = fmt.Errorf("%w; ffmpeg's last words:\n  %s", err, strings.Join(log, "\n  "))
	}
	return &capture.Fault{Class: capture.ClassEncoder, Op: op, Err: err, Hint: hint}
}

// Version returns the version of the ffmpeg at path, "unknown" when it does not
// tell.
func Version(path string) string {
	out, err := exec.Command(path, "-version").Output()
	if err != nil {
		return "unknown"
	}
	// ffmpeg version 5.1.9-0+deb12u1 Copyright (c) ...
	if fields := strings.Fields(string(out)); len(fields) > 2 && fields[1] == "version" {
		return fields[2]
	}
	return "unknown"
}
