// Measure records pages with Beam and with a plain ffmpeg grab, judges each
// recording by its content, and prints a table of medians. scripts/bench builds
// and runs it.
package main

import (
	"context"
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
	beam    string
	gateway string
	runs    int
	seconds int
	only    string
	keep    string
}

func main() {
	var o options
	flag.StringVar(&o.beam, "beam", "bin/beam", "beam binary")
	flag.StringVar(&o.gateway, "gateway", "versitygw", "S3 server for the rows that upload")
	flag.IntVar(&o.runs, "runs", 3, "recordings of each kind; the table shows medians")
	flag.IntVar(&o.seconds, "seconds", 20, "length of each recording")
	flag.StringVar(&o.only, "only", "", "measure only the rows whose name holds this")
	flag.StringVar(&o.keep, "keep", "", "folder to keep the recordings in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
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
	defer room.close()
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "beam-measure-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	b := &bench{options: o, dir: dir, room: room, people: demo.Participants(), log: slog.New(slog.DiscardHandler)}
	defer func() {
		if b.store != nil {
			b.store.close()
		}
	}()
	describeMachine()
	var rows []row
	for _, k := range kinds() {
		if !strings.Contains(k.name(), o.only) {
			continue
		}
		r, err := b.measure(ctx, k)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name(), err)
		}
		rows = append(rows, r)
		fmt.Fprintf(os.Stderr, "measure: %s done\n", k.name())
	}
	printTable(rows)
	printBars(rows)
	return nil
}

// pause lets the machine come to rest between two recordings.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(2 * time.Second):
	}
}
