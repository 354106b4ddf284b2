// Beam records a web meeting, or any web page, into one MP4.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// version is stamped by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	keepPrivate()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	// A reader of the output that goes away (beam record --json | head) does not end
	// a recording: writing fails instead. Ignored it would be ignored in all children
	// too.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], signals, os.Stdout, os.Stderr))
}

func init() { cobra.EnableCommandSorting = false } // help lists commands in the order of use

// run runs one command line and returns the exit code.
func run(args []string, signals <-chan os.Signal, stdout, stderr io.Writer) int {
	hard, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	stop, drain := context.WithCancel(hard)
	defer drain()
	second := watchSignals(hard, signals, drain, giveUp)

	console := newConsole(stderr)
	messages := newOutlet(stderr)
	console.w = messages
	defer messages.end(lastWords)
	app := &app{stop: stop, hard: hard, stdout: stdout, stderr: console}
	root := app.command()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(stop)
	if err != nil && !app.parsed && !errors.As(err, new(faulty)) {
		err = usageError{err} // of cobra, which has no type for its errors
	}
	app.stderr.end()
	if s := second(); s != 0 {
		app.stderr.warn("ended at once by a second signal; what was on its way is lost")
		app.workflow.end()
		return 128 + int(s)
	}
	if err != nil {
		app.stderr.fault(err)
	}
	app.workflow.end()
	return exitCode(err)
}

// lastWords is how long the end of the program waits for who reads its output.
const lastWords = 5 * time.Second

// app is what the commands share. The first signal ends stop, the second hard.
type app struct {
	stop, hard context.Context
	stdout     io.Writer
	stderr     *console
	log        *slog.Logger // from when the flags are known
	parsed     bool         // the command line was understood
	workflow   *workflow    // to be told at the end; nil for none
}
