package chrome

import (
	"context"
	"fmt"
	"os"
	"strings"

	"beam/capture/child"
)

// process is a running browser: the leader of a process group that holds all
// its helpers.
type process struct {
	*child.Process
	said *child.Tail
}

// tailLines is how much of what the browser says is kept. A browser in a
// container finds no D-Bus and says so dozens of times.
const tailLines = 200

// startProcess starts the browser and returns it with the two ends of its
// DevTools pipe: it reads commands from its descriptor 3 and writes answers to
// its descriptor 4. The process is killed when ctx ends.
func startProcess(ctx context.Context, path string, args, env []string, dir string) (p *process, answers, commands *os.File, err error) {
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

	said := child.NewTail(tailLines)
	started, err := child.Start(ctx, child.Command{
		Path: path, Args: args, Env: env, Dir: dir,
		Stdout: said, Stderr: said, Files: []*os.File{childIn, childOut},
	})
	if err != nil {
		answers.Close()
		commands.Close()
		return nil, nil, nil, err
	}
	return &process{started, said}, answers, commands, nil
}

// lastWords returns the last n lines that say anything: not that there is no
// D-Bus.
func lastWords(lines []string, n int) string {
	var out []string
	for _, line := range lines {
		if !strings.Contains(line, "dbus/") {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return strings.Join(out[max(0, len(out)-n):], "\n")
}
