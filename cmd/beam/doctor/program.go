package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// answerLimit bounds a program that only tells something of itself.
	answerLimit = 15 * time.Second
	// startLimit bounds the start of a program.
	startLimit = 30 * time.Second
	// mostOutput is how much of an answer is read, in bytes.
	mostOutput = 8 << 20
)

// ask runs a program and returns what it prints to standard output. It is
// killed, with all that it started, when ctx ends or it takes too long.
func ask(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	// The kernel sends the death signal when the thread that started a child
	// ends (prctl(2), PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &limited{w: &out, left: mostOutput}, &limited{w: &complaints, left: 4096}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("%s did not answer: %w", program, ctx.Err())
	case err != nil:
		err = fmt.Errorf("%s: %w", program, err)
		if said := oneLine(complaints.String()); said != "" {
			err = fmt.Errorf("%w: %s", err, said)
		}
	}
	return out.String(), err
}

// limited passes on what fits and swallows the rest.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	_, err := l.w.Write(p[:n])
	return len(p), err
}

// What is said of a program that could not be started for want of a folder.
const (
	noFolder  = "no folder for temporary files"
	folderFix = "set TMPDIR to a folder that can be written"
)

// missing tells whether a program could not be found, rather than not be run.
func missing(err error) bool { return errors.Is(err, exec.ErrNotFound) }
