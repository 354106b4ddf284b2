// Measure records pages with Beam and with a plain ffmpeg grab, judges each
// recording by its content, and prints a table of medians and which of the
// design's bars hold. scripts/bench builds and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"beam/beam/demo"
)

type options struct {
	beam     string
	gateway  string
	runs     int
	seconds  int
	only     string
	keep     string
	long     bool
	drift    time.Duration
	together bool
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == burnArgument {
		burn()
	}
	var o options
	flag.StringVar(&o.beam, "beam", "bin/beam", "beam binary")
	flag.StringVar(&o.gateway, "gateway", "versitygw", "S3 server for the rows that upload")
	flag.IntVar(&o.runs, "runs", 0, "recordings of each kind, of which the table shows medians (default 5 for lip sync, 1 where a rate is sought, else 3)")
	flag.IntVar(&o.seconds, "seconds", 12, "length of each recording")
	flag.StringVar(&o.only, "only", "", "measure only the rows whose name holds this, those outside the usual run too (upload, room-four, room-sixteen)")
	flag.StringVar(&o.keep, "keep", "", "directory to keep the recordings in")
	flag.BoolVar(&o.long, "long", false, "measure only the rates of five minutes of screencast on a machine that cannot carry it")
	flag.DurationVar(&o.drift, "drift", 0, "measure only drift, steadiness and memory, in recordings of this length: 30m")
	flag.BoolVar(&o.together, "together", false, "with -drift: both engines at once, which takes half as long and loads the machine")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	room, err := startRoom(ctx, o.beam)
	if err != nil {
		return err
	}
	defer room.close(ctx)
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "beam-measure-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	} else if err = os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	b := &bench{
		options: o, dir: dir, room: room, people: demo.Participants(),
		presets: map[string]string{}, log: slog.New(slog.DiscardHandler),
	}
	defer b.closeStore(ctx)
	var rows table
	var failed error
	for _, g := range o.groups() {
		rows, err = b.measure(ctx, g, rows)
		failed = errors.Join(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	// What was measured is worth its time, also when the rest was not.
	printMachine(context.WithoutCancel(ctx), b.machine)
	printTable(rows)
	printNotes(rows)
	printBars(rows)
	return errors.Join(failed, ctx.Err())
}

// groups returns what the options ask for.
func (o options) groups() []group {
	all := groups()
	switch {
	case o.drift > 0:
		all = driftGroups(o.drift, o.together)
	case o.long:
		all = longGroups()
	}
	var out []group
	for _, g := range all {
		if o.only == "" && g.onRequest {
			continue
		}
		var wanted []kind
		for _, k := range g.kinds {
			if strings.Contains(k.name(), o.only) {
				wanted = append(wanted, k)
			}
		}
		if g.kinds = wanted; len(wanted) > 0 {
			out = append(out, g)
		}
	}
	return out
}
