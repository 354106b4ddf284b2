//go:build rooms

package rooms

import (
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beam/capture"
	"beam/capture/chrome"
)

// A person of the rooms. The colours and tones are far apart, also after two
// codecs.
type person struct {
	name   string
	colour color.RGBA
	hz     float64
}

var people = []person{
	{"Ana", color.RGBA{200, 50, 40, 255}, 430},
	{"Ben", color.RGBA{40, 150, 60, 255}, 560},
	{"Chloe", color.RGBA{50, 80, 200, 255}, 690},
	{"Dev", color.RGBA{200, 160, 30, 255}, 820},
}

// The shared screen is 1280x720 and has a square in each corner.
var (
	screenColour = color.RGBA{128, 128, 128, 255}
	cornerColour = color.RGBA{180, 40, 180, 255}
)

const (
	screenWidth  = 1280
	screenHeight = 720
	cornerSide   = 96
)

// cast is who is in a room, in a browser of their own.
type cast struct {
	t    *testing.T
	page *chrome.Page
}

// script is what runs in each frame of the people's browser: pages/person.js and
// what the app needs beside it.
func script(t *testing.T, more ...string) string {
	t.Helper()
	type one struct {
		Name   string  `json:"name"`
		Colour string  `json:"colour"`
		Hz     float64 `json:"hz"`
	}
	var all []one
	for _, p := range people {
		all = append(all, one{p.name, css(p.colour), p.hz})
	}
	facts, err := json.Marshal(map[string]any{"people": all, "screen": map[string]any{
		"colour": css(screenColour), "corner": cornerSide, "cornerColour": css(cornerColour),
	}})
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("const CAST = %s;\n", facts)
	for _, name := range append([]string{"person.js"}, more...) {
		file, err := os.ReadFile(filepath.Join("pages", name))
		if err != nil {
			t.Fatal(err)
		}
		text += string(file)
	}
	return text
}

func css(c color.RGBA) string { return fmt.Sprintf("rgb(%d %d %d)", c.R, c.G, c.B) }

// enter opens page, which is pages/cast.html or the like, in a browser that lasts
// as long as the test, and lets the first three people join the room.
func enter(t *testing.T, page *url.URL, script string) *cast {
	t.Helper()
	path, err := chrome.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "br") // short: a socket's path is below it
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// A page that may use devices tells its real addresses to its peers, which
	// another browser of this machine can reach.
	b, err := chrome.Launch(ctx, chrome.Options{
		Path: path, Dir: dir, Size: capture.Size{Width: 960, Height: 180}, SilentDevices: true, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		_ = os.Remove(dir)
	})
	p, err := b.Open(ctx, chrome.OpenOptions{
		URL: page.String(), Script: script, Timeout: time.Minute,
		OnConsole: func(level, text string) {
			if level == "error" || level == "exception" {
				fmt.Fprintf(t.Output(), "people: %s: %s\n", level, text)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	c := &cast{t, p}
	for i := range 3 {
		c.do("join", i)
	}
	c.do("loud", 0)
	return c
}

// settled waits until the people are connected to the recorder. In a mesh that is
// one connection after the other.
func (c *cast) settled() {
	c.t.Helper()
	c.do("settled", 0)
}

// do lets somebody do something, and returns the times before it and when it was
// done: of a joiner, when all who are in the room are connected.
func (c *cast) do(what string, who int) (before, done time.Time) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	before = time.Now()
	if _, err := c.page.Evaluate(ctx, fmt.Sprintf("cast.%s(%d)", what, who)); err != nil {
		c.t.Fatalf("%s %s: %v", what, people[who].name, err)
	}
	return before, time.Now()
}
