package vod

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A zip has the files under their own names, as they are, or is not there.
func TestZip(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, name := range []string{"a.m3u8", "a.mp4"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("this is "+name), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	path := filepath.Join(dir, "a.zip")
	if err := Zip(t.Context(), path, files); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != len(files) {
		t.Fatalf("%d files", len(z.File))
	}
	for i, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if name := filepath.Base(files[i]); err != nil || f.Name != name || string(text) != "this is "+name || f.Method != zip.Store {
			t.Errorf("%s, method %d: %s, %v", f.Name, f.Method, text, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other := filepath.Join(dir, "b.zip")
	if err := Zip(ctx, other, files); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
	for _, left := range []string{other, other + partialSuffix} {
		if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", left, err)
		}
	}
}
