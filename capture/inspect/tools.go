package inspect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"beam/capture"
	"beam/capture/child"
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

// output runs a program to its end and returns what it wrote, of at most limit
// bytes.
func output(ctx context.Context, program string, args []string, limit int) ([]byte, *child.Head, error) {
	out, complaints := &child.Buffer{Limit: limit}, &child.Head{}
	err := child.Run(ctx, child.Command{
		Path: program, Args: args, Env: child.Tool.Environment(), Stdout: out, Stderr: complaints,
	})
	return out.Bytes(), complaints, err
}

// fault turns what a child left into an error: a missing program and an
// unreadable file are told apart.
func fault(op, program, path string, c *child.Head, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		if _, stat := os.Stat(path); stat == nil {
			return &capture.Fault{Class: capture.ClassEnvironment, Op: op,
				Hint: "install ffmpeg 5.1 or newer, with ffprobe", Err: fmt.Errorf("%s: %w", program, err)}
		}
	}
	if len(c.First) > 0 {
		err = fmt.Errorf("%w: %s", err, c.First[0])
	}
	return &capture.Fault{Class: capture.ClassUsage, Op: op, Hint: "check that the file is a whole recording", Err: err}
}
