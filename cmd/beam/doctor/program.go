package doctor

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"beam/capture/child"
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
	out := &child.Buffer{Limit: mostOutput, Forget: true}
	complaints := &child.Buffer{Limit: 4096, Forget: true}
	err := child.Run(ctx, child.Command{
		Path: program, Args: args, Env: child.Tool.Environment(), Stdout: out, Stderr: complaints, Linger: time.Second,
	})
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

// What is said of a program that could not be started for want of a folder.
const (
	noFolder  = "no folder for temporary files"
	folderFix = "set TMPDIR to a folder that can be written"
)

// missing tells whether a program could not be found, rather than not be run.
func missing(err error) bool { return errors.Is(err, exec.ErrNotFound) }
