//go:build e2e

package demo

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cachedClips returns the clips of the user's cache, which the tests share.
func cachedClips(t *testing.T) *library {
	t.Helper()
	l, err := clips(t.Context(), "ffmpeg", "", slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// cacheDir is where cachedClips keeps its files.
func cacheDir(t *testing.T) string {
	t.Helper()
	cachedClips(t)
	return filepath.Join(must(os.UserCacheDir()), "beam", fmt.Sprintf("demo-v%d", clipVersion))
}

// A cache with a broken file is made again, and what a killed run left is
// removed.
func TestCacheRepairs(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "clips")
	for _, d := range []string{dir, dir + ".partial"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir+".partial", "junk"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ana.ivf"), []byte("not a clip"), 0o644); err != nil {
		t.Fatal(err)
	}
	script := copyingEncoder(t, root)
	if _, err := clips(t.Context(), script, dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if _, err := load(dir); err != nil {
		t.Errorf("the repaired cache: %v", err)
	}
	if _, err := os.Stat(dir + ".partial"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the partial folder is still there: %v", err)
	}
	// With a whole cache no encoder is needed.
	if _, err := clips(t.Context(), filepath.Join(root, "none"), dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("a whole cache was not used: %v", err)
	}
}

// copyingEncoder returns a program that stands for ffmpeg: it takes its input
// and copies the good clip of the same name. Making clips for real takes long,
// and is tested by whoever fills the cache.
func copyingEncoder(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "ffmpeg")
	text := "#!/bin/sh\nfor last; do :; done\nf=${last#file:}\ncat >/dev/null\ncp " + cacheDir(t) + "/$(basename \"$f\") \"$f\"\n"
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// Two processes that begin at once in an empty folder both get the clips; one of
// them makes them, the other waits for it, and neither leaves anything else.
func TestTwoProcesses(t *testing.T) {
	root := t.TempDir()
	script := copyingEncoder(t, t.TempDir())
	dir := filepath.Join(root, "clips")
	var both [2]*exec.Cmd
	var said [2]bytes.Buffer
	for i := range both {
		c := exec.CommandContext(t.Context(), must(os.Executable()))
		c.Env = append(os.Environ(), makeClipsIn+"="+dir, makeClipsIn+"_WITH="+script)
		c.Stdout, c.Stderr = &said[i], &said[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		both[i] = c
	}
	made := 0
	for i, c := range both {
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, &said[i])
		}
		made += strings.Count(said[i].String(), "demo clips made")
	}
	if made != 1 {
		t.Errorf("the clips were made %d times: %s%s", made, &said[0], &said[1])
	}
	if _, err := load(dir); err != nil {
		t.Error(err)
	}
	var left []string
	for _, e := range must(os.ReadDir(root)) {
		left = append(left, e.Name())
	}
	if want := []string{"clips", "clips.lock"}; !slices.Equal(left, want) {
		t.Errorf("left in the cache: %v, want %v", left, want)
	}
	if n, want := len(must(os.ReadDir(dir))), len(must(os.ReadDir(cacheDir(t)))); n != want {
		t.Errorf("%d files in the folder, want %d", n, want)
	}
}
