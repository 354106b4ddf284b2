package demo

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Clips that another process makes are waited for, as long as the caller waits.
func TestCacheLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "clips")
	other := flock.New(dir + ".lock")
	if free, err := other.TryLock(); err != nil || !free {
		t.Fatalf("lock: %v, %v", free, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	none := filepath.Join(t.TempDir(), "no-ffmpeg")
	if _, err := clips(ctx, none, dir, slog.New(slog.DiscardHandler)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while another has the lock: %v", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := clips(t.Context(), none, dir, slog.New(slog.DiscardHandler)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after unlocking, without an encoder: %v", err)
	}
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
