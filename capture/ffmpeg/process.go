package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"beam/capture"
	"beam/capture/child"
)

// Options of Start.
type Options struct {
	Path   string    // of ffmpeg
	Args   []string  // what Args returned
	Output io.Writer // gets the MP4 as ffmpeg writes it; an error of it ends the process
	Nice   int       // by how much its priority is lowered, 0 to 19
	Log    *slog.Logger
}

// Process is a running ffmpeg. Its methods may be called from any goroutine.
type Process struct {
	child    *child.Process
	stdin    *os.File // the end that is written to
	stdout   *os.File // the ends that are read from
	reports  *os.File
	said     *child.Tail
	progress progressReader
	copier   sync.WaitGroup

	mu        sync.Mutex
	outputErr error
	killed    *time.Timer
	unbound   func() bool // ends the watch over the context

	ended sync.Once
	done  chan struct{}
	err   error // set before done is closed
}

const (
	// inputPipe is how much the kernel holds of what ffmpeg has not read yet,
	// bytes. With the usual 64 KiB a raw picture at 1080p takes 48 turns of
	// writing and reading.
	inputPipe = 1 << 20
	// killWait is how long a killed ffmpeg has for dying before it is given up:
	// one that waits for a disk or a network file system can't die.
	killWait = 3 * time.Second
	// tailLines is how much of ffmpeg's log is kept.
	tailLines = 40
)

// Start starts ffmpeg. It is killed when ctx ends; that is the hard way,
// closing the input is the ordinary one. The caller has to call Wait.
func Start(ctx context.Context, o Options) (*Process, error) {
	p := &Process{said: child.NewTail(tailLines), done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return nil, fault("start ffmpeg", err, nil)
	}
	theirs, err := p.pipes()
	if err != nil {
		closeAll(append(theirs, p.stdin, p.stdout, p.reports))
		return nil, fault("start ffmpeg", err, nil)
	}
	// When ctx ends the pipes have to be closed too, which Kill does.
	p.child, err = child.Start(context.WithoutCancel(ctx), child.Command{
		Path: o.Path, Args: o.Args, Env: child.Tool.Environment(), Nice: o.Nice, Linger: killWait,
		Stdin: theirs[0], Stdout: theirs[1], Stderr: p.said, Files: theirs[2:],
	})
	closeAll(theirs)
	if err != nil {
		closeAll([]*os.File{p.stdin, p.stdout, p.reports})
		return nil, fault("start ffmpeg", err, nil)
	}
	p.mu.Lock()
	p.unbound = context.AfterFunc(ctx, p.Kill)
	p.mu.Unlock()
	go p.run(o.Output)
	o.Log.Debug("ffmpeg started", "pid", p.PID())
	return p, nil
}

// pipes makes ffmpeg's input, output and reports, and returns its ends of them.
// Ours can be closed at any time, which ends what waits for them.
func (p *Process) pipes() (theirs []*os.File, err error) {
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.stdin, theirs = stdin, append(theirs, in)
	// More than /proc/sys/fs/pipe-max-size, or than the user may have in all
	// pipes, is refused (fcntl(2)): it works with less, with more turns.
	if conn, err := stdin.SyscallConn(); err == nil {
		_ = conn.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, inputPipe) })
	}
	for _, ours := range []**os.File{&p.stdout, &p.reports} {
		r, w, err := os.Pipe()
		if err != nil {
			return theirs, err
		}
		*ours, theirs = r, append(theirs, w)
	}
	return theirs, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close() // of a nil file it is an error, and harmless
	}
}

// run takes what ffmpeg writes and reports until it has ended.
func (p *Process) run(output io.Writer) {
	p.copier.Go(func() {
		p.progress.read(p.reports, capture.Now)
		p.reports.Close()
	})
	p.copier.Go(func() {
		if _, err := io.Copy(output, p.stdout); err != nil && !errors.Is(err, os.ErrClosed) {
			p.mu.Lock()
			p.outputErr = err
			p.mu.Unlock()
			p.Kill()
		}
		p.stdout.Close()
	})
	p.copier.Wait()
	p.end(p.verdict(p.child.Wait()))
}

// end notes how ffmpeg ended, the first time that it is called.
func (p *Process) end(err error) {
	p.ended.Do(func() {
		p.mu.Lock()
		if p.killed != nil {
			p.killed.Stop()
		}
		if p.unbound != nil {
			p.unbound()
		}
		p.mu.Unlock()
		p.err = err
		p.stdin.Close()
		close(p.done)
	})
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
	return fault("encode", err, p.said.Lines())
}

// Write sends bytes of the Matroska stream to ffmpeg. It blocks while ffmpeg
// does not read; Kill and CloseInput end it at once, with os.ErrClosed.
func (p *Process) Write(b []byte) (int, error) { return p.stdin.Write(b) }

// CloseInput tells ffmpeg that the stream has ended; ffmpeg then finishes by
// itself.
func (p *Process) CloseInput() error {
	if err := p.stdin.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}

// errUndead is the error of an ffmpeg that SIGKILL did not end in time.
var errUndead = errors.New("ffmpeg does not end, although it was killed")

// Kill ends ffmpeg at once, also when it is stopped or hangs; what it had not
// written is lost. A Write that waits returns. Done is closed within three
// seconds, whatever the process does.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.child.Kill()
	p.stdin.Close()
	if p.killed == nil {
		p.killed = time.AfterFunc(killWait, func() {
			p.stdout.Close()
			p.reports.Close()
			p.end(fault("end ffmpeg", errUndead, nil))
		})
	}
}

// PID returns ffmpeg's process id.
func (p *Process) PID() int { return p.child.PID() }

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
