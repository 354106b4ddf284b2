package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"beam/capture/child"
)

// room is a demo room served by a process of its own, so that what it uses is
// not counted as the recorder's.
type room struct {
	beam *child.Process
	out  *os.File          // what it prints; it would die of printing more into a closed pipe
	urls map[string]string // page: URL
}

func startRoom(ctx context.Context, beam string) (*room, error) {
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := command(beam, "demo")
	c.Stdout = theirs
	p, err := child.Start(ctx, c)
	theirs.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	r := &room{beam: p, out: out, urls: map[string]string{}}
	lines := bufio.NewScanner(out)
	for len(r.urls) < 3 && lines.Scan() {
		name, url, _ := strings.Cut(lines.Text(), ": ")
		r.urls[name] = strings.TrimSpace(url)
	}
	if len(r.urls) < 3 {
		r.close(ctx)
		return nil, errors.New("the demo room did not start")
	}
	return r, nil
}

// url returns the address of a row's page.
func (r *room) url(page string) (string, error) {
	switch page {
	case "timing":
		return r.urls["timing"] + "?videos=4", nil
	case "still":
		return r.urls["timing"] + "?static=1", nil
	case "room-sixteen":
		return r.urls["room"] + "?people=16", nil
	case "room-calm", "room-four":
		return r.urls["room"], nil
	case "room-busy":
		return r.urls["room"] + "?picture=busy", nil
	case "demo":
		return "demo", nil // Beam serves the room itself
	case "lipsync":
		return r.urls["lip sync"], nil
	}
	return "", fmt.Errorf("no page %q", page)
}

func (r *room) close(ctx context.Context) {
	terminate(ctx, r.beam)
	r.out.Close()
}
