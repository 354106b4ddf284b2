package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"beam/capture"
)

// Tools are the programs that decode: paths, or names to be found in PATH. The
// zero value stands for "ffmpeg" and "ffprobe".
type Tools struct {
	FFmpeg  string
	FFprobe string
}

func (t Tools) ffmpeg() string {
	if t.FFmpeg == "" {
		return "ffmpeg"
	}
	return t.FFmpeg
}

func (t Tools) ffprobe() string {
	if t.FFprobe == "" {
		return "ffprobe"
	}
	return t.FFprobe
}

// input returns the arguments that open path, as a file and nothing else.
func input(path string) []string {
	return []string{"-protocol_whitelist", "file", "-i", "file:" + path}
}

// killWait is how long a killed child's pipes are waited for.
const killWait = 2 * time.Second

// command returns a child in its own process group, which dies with ctx, and
// with the thread that starts it: the caller locks its goroutine to that thread
// until the child has been waited for (prctl(2), PR_SET_PDEATHSIG).
func command(ctx context.Context, program string, args []string, stderr *complaints) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killWait
	cmd.Stderr = stderr
	return cmd
}

// output runs a child to its end and returns what it wrote, of at most limit
// bytes.
func output(ctx context.Context, program string, args []string, limit int) ([]byte, *complaints, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stderr := &complaints{}
	cmd := command(ctx, program, args, stderr)
	out := &limited{left: limit}
	cmd.Stdout = out
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, stderr, ctx.Err()
	}
	return out.buf.Bytes(), stderr, err
}

// limited keeps what it is given, up to a limit, and fails beyond it.
type limited struct {
	buf  bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errors.New("too much output")
	}
	return l.buf.Write(p)
}

// complaints counts the lines of a child's standard error and keeps the first
// ones: the first error is the cause, the others are what follows from it.
type complaints struct {
	lines int
	first []string
	rest  []byte
}

const (
	keptComplaints  = 8
	longestComplain = 300
)

func (c *complaints) Write(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	for {
		line, rest, ok := bytes.Cut(c.rest, []byte("\n"))
		if !ok {
			if len(c.rest) > 4096 {
				c.rest = c.rest[:4096]
			}
			return len(p), nil
		}
		c.add(string(line))
		c.rest = append(c.rest[:0], rest...)
	}
}

func (c *complaints) add(line string) {
	if line = strings.TrimSpace(line); line == "" {
		return
	}
	c.lines++
	if len(c.first) < keptComplaints {
		c.first = append(c.first, line[:min(len(line), longestComplain)])
	}
}

// fault turns what a child left into an error: a missing program and an
// unreadable file are told apart.
func fault(op, program, path string, c *complaints, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		if _, stat := os.Stat(path); stat == nil {
			return &capture.Fault{Class: capture.ClassEnvironment, Op: op,
				Hint: "install ffmpeg 5.1 or newer, with ffprobe", Err: fmt.Errorf("%s: %w", program, err)}
		}
	}
	if len(c.first) > 0 {
		err = fmt.Errorf("%w: %s", err, c.first[0])
	}
	return &capture.Fault{Class: capture.ClassUsage, Op: op, Hint: "check that the file is a whole recording", Err: err}
}
