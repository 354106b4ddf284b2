package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"github.com/livekit/protocol/logger"
	lksdk "github.com/livekit/server-sdk-go/v2"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "livekit:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	if len(args) == 0 || args[0] != "serve" {
		return errors.New("usage: livekit serve [--server PATH] [--room NAME] [--people ana,ben,chloe] [--clips FOLDER]")
	}
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	path := flags.String("server", "livekit-server", "the `program` livekit-server")
	room := flags.String("room", "beam-test", "`name` of the room")
	people := flags.String("people", "ana,ben,chloe", "who is there from the start; may be empty")
	clips := flags.String("clips", "", "`folder` that keeps the clips for the next time")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	// The client's own log is long, and says nothing that its errors don't.
	lksdk.SetLogger(logger.LogRLogger(logr.Discard()))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "beam-livekit-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if *clips == "" {
		*clips = dir
	}
	s, err := openStudio(ctx, *path, dir, *clips, *room)
	if err != nil {
		return err
	}
	defer s.close()
	for name := range strings.SplitSeq(*people, ",") {
		if name == "" {
			continue
		}
		if err := s.do(ctx, "join "+name); err != nil {
			return err
		}
	}
	answers := json.NewEncoder(os.Stdout)
	if err := answers.Encode(map[string]any{
		"url": s.server.url, "room": *room, "apiKey": s.server.key, "apiSecret": s.server.secret,
		"people": cast, "screenColor": screenColor,
	}); err != nil {
		return err
	}
	return s.obey(ctx, lines(), answers)
}

// obey carries out commands until there are no more, ctx ends, or the server
// does.
func (s *studio) obey(ctx context.Context, commands <-chan string, answers *json.Encoder) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.server.ended:
			return fmt.Errorf("livekit-server ended: %v", s.server.err)
		case line, more := <-commands:
			if !more {
				return nil
			}
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			answer := map[string]string{"did": line}
			limited, cancel := context.WithTimeout(ctx, 30*time.Second)
			if err := s.do(limited, line); err != nil {
				answer["error"] = err.Error()
			}
			cancel()
			if err := answers.Encode(answer); err != nil {
				return err
			}
		}
	}
}

// lines returns the lines of standard input. Its goroutine ends with the
// program, because nothing can wake it from its read.
func lines() <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			out <- in.Text()
		}
	}()
	return out
}
