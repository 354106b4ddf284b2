package demo

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program makes a stand-in for ffmpeg, which gets the path of itself as $0.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFeed(t *testing.T) {
	path := program(t, `cat >"$0.out"`)
	text := strings.Repeat("a picture\n", 100_000) // more than a pipe holds
	err := runFFmpeg(t.Context(), path, nil, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
	got, readErr := os.ReadFile(path + ".out")
	if err != nil || readErr != nil || string(got) != text {
		t.Errorf("%d of %d bytes, %v, %v", len(got), len(text), err, readErr)
	}
}

// forever feeds until that fails.
func forever(w io.Writer) error {
	for {
		if _, err := w.Write(make([]byte, 4096)); err != nil {
			return err
		}
	}
}

// A program that ends early ends the feeding, and says why.
func TestFeedEndsWithProgram(t *testing.T) {
	err := runFFmpeg(t.Context(), program(t, "echo no luck >&2; exit 3"), nil, forever)
	if err == nil || !strings.Contains(err.Error(), "exit status 3: no luck") {
		t.Errorf("%v", err)
	}
	if err := runFFmpeg(t.Context(), program(t, "exit 0"), nil, forever); err == nil {
		t.Error("what was not taken counts as taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = runFFmpeg(ctx, program(t, "exec sleep 600"), nil, func(w io.Writer) error {
		cancel()
		return forever(w)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
