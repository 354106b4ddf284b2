package demo

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestCacheLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock: %v", err)
	}
	unlock()
	again, err := lock(t.Context(), path)
	if err != nil {
		t.Fatalf("after unlocking: %v", err)
	}
	again()
}

func TestEncodeFailureLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clips")
	script := filepath.Join(t.TempDir(), "ffmpeg")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho no such codec >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := clips(t.Context(), script, dir, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Fatal("clips were made without an encoder")
	}
	for _, d := range []string{dir, dir + ".partial"} {
		if _, err := os.Stat(d); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was left behind: %v", d, err)
		}
	}
}
